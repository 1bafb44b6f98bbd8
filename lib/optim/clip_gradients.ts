/**
 * A limit on how far one step can throw the weights.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * Scales all gradients by one factor so that the norm of them together is at most `clipNorm`.
 * Gradients of a smaller norm keep their bits.
 *
 * @param gradients Consumed; `null` where a weight has none.
 * @returns The gradients to use (owned by the caller) and the norm before, a scalar.
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { clipGradients } from "@segadv/segadv/train";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const { gradients, norm } = clipGradients([tf.tensor1d([3, 4]), null], { clipNorm: 1 });
 * assert.equal((await norm.data())[0], 5);
 * assert.deepEqual([...await gradients[0]!.data()].map((x) => x.toFixed(3)), ["0.600", "0.800"]);
 * ```
 */
export function clipGradients(
  gradients: readonly (tf.Tensor | null)[],
  options: { clipNorm: number },
): { gradients: (tf.Tensor | null)[]; norm: tf.Scalar } {
  const present = gradients.filter((gradient) => gradient !== null);
  const [norm, factor] = tf.tidy(() => {
    const squares = present.map((gradient) => tf.sum(tf.square(gradient)));
    const norm = tf.sqrt(tf.addN([tf.scalar(0), ...squares])) as tf.Scalar;
    return [norm, tf.div(options.clipNorm, tf.maximum(norm, options.clipNorm))];
  });
  const clipped = gradients.map((gradient) => gradient && tf.mul(gradient, factor));
  tf.dispose([...present, factor]);
  return { gradients: clipped, norm };
}
