/**
 * Constants of a backward pass.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * A tensor computed from `x` that the backward pass takes as a constant: for comparisons and
 * positions, which have no gradient in tfjs. `compute` must make no tensor that is used later.
 *
 * @returns What `compute` gives, owned by the caller.
 *
 * @example
 * ```ts
 * import { record, withoutGradient } from "@segadv/segadv/engine";
 * import { tf, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const x = tf.tensor1d([1, 3]);
 * const recording = record(() => tf.mul(x, withoutGradient(x, () => tf.square(x))));
 * const [gradient] = recording.backward(tf.ones([2]), [x]);
 * assert.deepEqual([...await gradient!.data()], [1, 9]);
 * ```
 */
export function withoutGradient(x: tf.Tensor, compute: () => tf.Tensor): tf.Tensor {
  const { shape } = x;
  return tf.customGrad(() => ({ value: compute(), gradFunc: () => tf.zeros(shape) }))(x);
}
