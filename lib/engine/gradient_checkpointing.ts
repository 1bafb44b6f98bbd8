/**
 * Gradient checkpointing: a part of a network does not keep its intermediate values for the gradient;
 * the backward pass computes them again. Memory for time.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { record } from "./tape.ts";

/** Inputs of a part of a network. */
export interface CheckpointedOptions {
  /** Kept for the backward pass. */
  x: tf.Tensor;
  /** Every variable that `f` reads and whose gradient may be wanted. */
  weights: tf.Variable[];
  /** Whether a gradient with respect to `x` may be wanted. @default true */
  needsInputGradient?: boolean;
}

/**
 * Runs `f` so that the surrounding recording keeps its input alone; the backward pass runs it again
 * first (Chen et al. 2016). Bit-identical to `f` alone, if `f` is deterministic.
 *
 * @param f Is called with `recomputing: true` in the backward pass, where it must not repeat side
 * effects.
 * @returns The value of `f`, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { record, checkpointed } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const [x, w] = [tf.scalar(3), tf.variable(tf.scalar(2))];
 * const calls: boolean[] = [];
 * const f = (x: tf.Tensor, { recomputing }: { recomputing: boolean }) => {
 *   calls.push(recomputing);
 *   return tf.square(tf.mul(x, w));
 * };
 * const recording = record(() => checkpointed(f, { x, weights: [w] }));
 * const [dw] = recording.backward(tf.scalar(1), [w]);
 * assert.equal((await dw!.data())[0], 2 * 2 * 3 * 3);
 * assert.deepEqual(calls, [false, true]);
 * ```
 */
export function checkpointed(
  f: (x: tf.Tensor, options: { recomputing: boolean }) => tf.Tensor,
  options: CheckpointedOptions,
): tf.Tensor {
  const { x, weights, needsInputGradient = true } = options;
  const inputs: tf.Tensor[] = needsInputGradient ? [x, ...weights] : weights;
  const run = tf.customGrad((...args) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    save([x]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const recording = record(() => f(saved[0]!, { recomputing: true }));
      const wanted = needsInputGradient ? [saved[0]!, ...weights] : weights;
      recording.value.dispose();
      const gradients = recording.backward(dy, wanted);
      return gradients.map((gradient, i) => gradient ?? tf.zerosLike(inputs[i]!));
    };
    return { value: f(x, { recomputing: false }), gradFunc };
  });
  return run(...inputs);
}
