/**
 * Memory for time: a part of a network whose intermediate values are not kept for the gradient but
 * computed again.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { record } from "./tape.ts";

/** What a part of a network reads. */
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
 * first (gradient checkpointing; Chen et al. 2016). Same bits as without, if `f` gives the same
 * twice.
 *
 * @param f Is called with `again: true` in the backward pass, where it must not repeat side effects.
 * @returns The value of `f`, owned by the caller.
 *
 * @example
 * ```ts
 * import { record, checkpointed, tf, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const [x, w] = [tf.scalar(3), tf.variable(tf.scalar(2))];
 * const calls: boolean[] = [];
 * const f = (x: tf.Tensor, { again }: { again: boolean }) => {
 *   calls.push(again);
 *   return tf.square(tf.mul(x, w));
 * };
 * const recording = record(() => checkpointed(f, { x, weights: [w] }));
 * const [dw] = recording.backward(tf.scalar(1), [w]);
 * assert.equal((await dw!.data())[0], 2 * 2 * 3 * 3);
 * assert.deepEqual(calls, [false, true]);
 * ```
 */
export function checkpointed(
  f: (x: tf.Tensor, options: { again: boolean }) => tf.Tensor,
  options: CheckpointedOptions,
): tf.Tensor {
  const { x, weights, needsInputGradient = true } = options;
  const inputs: tf.Tensor[] = needsInputGradient ? [x, ...weights] : weights;
  const run = tf.customGrad((...args) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    save([x]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const again = record(() => f(saved[0]!, { again: true }));
      const wanted = needsInputGradient ? [saved[0]!, ...weights] : weights;
      again.value.dispose();
      const gradients = again.backward(dy, wanted);
      return gradients.map((gradient, i) => gradient ?? tf.zerosLike(inputs[i]!));
    };
    return { value: f(x, { again: false }), gradFunc };
  });
  return run(...inputs);
}
