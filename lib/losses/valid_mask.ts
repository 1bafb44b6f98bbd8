/**
 * The valid mask: which pixels count, and means over them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** Label value of pixels that count nowhere. */
export const IGNORE_LABEL = 255;

/**
 * Map of valid pixels: 1 where the label is a class, 0 where it is to be ignored (method.md,
 * "Losses").
 *
 * @param labels int32 `[b, h, w]`.
 * @returns float32 `[b, h, w, 1]`, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { validMask, maskedMean, downsampleValidMask } from "@segadv/segadv/losses";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const mask = validMask(tf.tensor3d([3, 255, 0, 1], [1, 2, 2], "int32"));
 * assert.deepEqual([...await mask.data()], [1, 0, 1, 1]);
 * assert.equal((await downsampleValidMask(mask, 2).data())[0], 0.75);
 *
 * const error = tf.tensor4d([1, 100, 2, 3], [1, 2, 2, 1]);
 * assert.equal((await maskedMean(error, { mask, valid: 3 }).data())[0], 2);
 * ```
 */
export function validMask(labels: tf.Tensor3D): tf.Tensor4D {
  return tf.tidy(() =>
    tf.expandDims(tf.cast(tf.notEqual(labels, tf.scalar(IGNORE_LABEL, "int32")), "float32"), 3)
  );
}

/**
 * Shrinks a valid mask to D's own resolution: the share of valid pixels under each output.
 *
 * @param mask `[b, h, w, 1]`.
 * @returns `[b, ceil(h/stride), ceil(w/stride), 1]`, owned by the caller.
 */
export function downsampleValidMask(mask: tf.Tensor4D, stride: number): tf.Tensor4D {
  return tf.avgPool(mask, stride, stride, "same");
}

/**
 * Σ mask · error / Σ mask; 0 where no pixel is valid, never NaN.
 *
 * @param error `[b, h, w, 1]`.
 * @param options `mask [b, h, w, 1]` and the sum of its entries, `valid`.
 * @returns A scalar, owned by the caller.
 */
export function maskedMean(
  error: tf.Tensor4D,
  options: { mask: tf.Tensor4D; valid: number },
): tf.Scalar {
  const scale = options.valid > 0 ? 1 / options.valid : 0;
  return tf.mul(tf.sum(tf.mul(error, options.mask)), scale);
}
