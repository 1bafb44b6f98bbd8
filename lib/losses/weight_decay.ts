/**
 * The L2 term of the total loss.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * (λ/2)·Σ w² over the weights that decay (method.md, "Losses"). The optimiser adds its gradient λ·w
 * by itself; this is the value for the log.
 *
 * @param weights Weights of any shape; stay the caller's.
 * @param lambda λ.
 * @returns A scalar, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { weightDecay } from "@segadv/segadv/losses";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const weights = [tf.tensor1d([1, 2]), tf.scalar(3)];
 * assert.equal((await weightDecay(weights, 0.5).data())[0], 3.5);
 * ```
 */
export function weightDecay(weights: tf.Tensor[], lambda: number): tf.Scalar {
  if (lambda === 0 || weights.length === 0) return tf.scalar(0);
  return tf.tidy(() => {
    const squares = weights.map((weight) => tf.sum(tf.square(weight)));
    return tf.mul(tf.addN(squares), lambda / 2);
  });
}
