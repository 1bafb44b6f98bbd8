/**
 * Adaptive average pooling: a fixed number of windows over maps of any size.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * Weights `[bins, size]` of the means over `bins` windows of an axis, the i-th from ⌊i·size/bins⌋ to
 * ⌈(i + 1)·size/bins⌉, as in PyTorch's `AdaptiveAvgPool2d`.
 */
export function poolingWeights(size: number, bins: number): { values: Float32Array; out: number } {
  const values = new Float32Array(bins * size);
  for (let i = 0; i < bins; i++) {
    const start = Math.floor(i * size / bins);
    const end = Math.ceil((i + 1) * size / bins);
    values.fill(1 / (end - start), i * size + start, i * size + end);
  }
  return { values, out: bins };
}

/**
 * Means over `bins × bins` windows that cover a map and may overlap. Differentiable in `x`.
 *
 * @param x Maps `[b, h, w, c]`.
 * @returns `[b, bins, bins, c]`, owned by the caller.
 * @throws {RangeError} If `bins` is no whole number from 1 on.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { adaptiveAveragePool } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const x = tf.tensor4d([1, 2, 3], [1, 1, 3, 1]);
 * const y = adaptiveAveragePool(x, { bins: 2 });
 * assert.deepEqual([...await y.data()], [1.5, 2.5, 1.5, 2.5]);
 * ```
 */
export function adaptiveAveragePool(x: tf.Tensor4D, { bins }: { bins: number }): tf.Tensor4D {
  if (!(Number.isInteger(bins) && bins >= 1)) {
    throw new RangeError(`Cannot pool into ${bins} windows an axis: must be a whole number`);
  }
  // A product's gradient by tfjs would keep x, and x·y for a gradient of the weights that nobody wants
  const pooled = tf.customGrad((input) => {
    const [, height, width] = (input as tf.Tensor4D).shape;
    return {
      value: pool(input as tf.Tensor4D, { bins, transposed: false }),
      gradFunc: (dy: tf.Tensor) =>
        pool(dy as tf.Tensor4D, { bins, transposed: true, size: [height, width] }),
    };
  });
  return pooled(x) as tf.Tensor4D;
}

/** Both axes by their weights, or by the transposed ones back to `size`. */
function pool(
  x: tf.Tensor4D,
  options: { bins: number; transposed: boolean; size?: [height: number, width: number] },
): tf.Tensor4D {
  const { bins, transposed } = options;
  const [b, h, w, c] = x.shape;
  const [height, width] = options.size ?? [h, w];
  const matrix = (size: number): tf.Tensor3D =>
    tf.tensor3d(poolingWeights(size, bins).values, [1, bins, size]);
  const rows = tf.matMul(matrix(height), tf.reshape(x, [b, h, w * c]), transposed);
  const lines = tf.reshape(rows, [b * rows.shape[1]!, w, c]);
  const y = tf.matMul(matrix(width), lines, transposed);
  return tf.reshape(y, [b, rows.shape[1]!, y.shape[1]!, c]);
}
