/**
 * Bilinear resize and its exact gradient.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { RESIZE_BILINEAR, RESIZE_BILINEAR_GRAD, type ResizeAttrs } from "./kernels.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";

/** tfjs ignores half-pixel centres in its gradient, so it is written as two products. */
const GRADIENT: TrainingKernel<ResizeAttrs> = {
  name: RESIZE_BILINEAR_GRAD,
  compose({ dy }, { height, width, alignCorners = false }) {
    const [b, outHeight, outWidth, c] = dy!.shape as [number, number, number, number];
    const vertical = interpolationMatrix(outHeight, height, alignCorners);
    const horizontal = interpolationMatrix(outWidth, width, alignCorners);
    const columns = tf.transpose(tf.reshape(dy!, [b, outHeight, outWidth * c]), [1, 0, 2]);
    const rows = tf.matMul(vertical, tf.reshape(columns, [outHeight, -1]) as tf.Tensor2D, true);
    const byColumn = tf.transpose(tf.reshape(rows, [height * b, outWidth, c]), [1, 0, 2]);
    const dx = tf.matMul(horizontal, tf.reshape(byColumn, [outWidth, -1]) as tf.Tensor2D, true);
    return [tf.transpose(tf.reshape(dx, [width, height, b, c]), [2, 1, 0, 3])];
  },
};

const FORWARD: TrainingKernel<ResizeAttrs> = {
  name: RESIZE_BILINEAR,
  compose: ({ x }, { height, width, alignCorners = false }) => [
    tf.image.resizeBilinear(x as tf.Tensor4D, [height, width], alignCorners, !alignCorners),
  ],
  gradient: {
    saveInputs: ["x"],
    saveOutputs: [],
    run([dy], [x], { alignCorners = false }) {
      const [, height, width] = x!.shape as [number, number, number, number];
      return { x: runTrainingKernel(GRADIENT, { dy: dy! }, { height, width, alignCorners })[0]! };
    },
  },
};

/**
 * Resizes maps bilinearly with half-pixel centres and clamped edges: TensorFlow 2's resize,
 * PyTorch's `align_corners=False`; with `alignCorners` the centres of the corner pixels coincide. No
 * filter is applied when shrinking.
 *
 * @param x Maps `[b, h, w, c]`.
 * @returns Maps `[b, height, width, c]`, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { resizeBilinear } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const x = tf.tensor4d([0, 4], [1, 1, 2, 1]);
 * const y = resizeBilinear(x, { height: 1, width: 4 });
 * assert.deepEqual([...await y.data()], [0, 1, 3, 4]);
 * ```
 */
export function resizeBilinear(
  x: tf.Tensor4D,
  size: ResizeAttrs,
): tf.Tensor4D {
  const { height, width, alignCorners = false } = size;
  const attrs = { height, width, alignCorners };
  return runTrainingKernel(FORWARD, { x }, attrs)[0] as tf.Tensor4D;
}

/** Weights `[out, in]` of a one-dimensional bilinear resize from `from` values to `out`. */
export function interpolationWeights(
  out: number,
  from: number,
  alignCorners: boolean,
): { values: Float32Array; out: number } {
  const values = new Float32Array(out * from);
  for (let i = 0; i < out; i++) {
    const position = alignCorners
      ? i * (from - 1) / Math.max(1, out - 1)
      : (i + 0.5) * from / out - 0.5;
    const centre = Math.min(Math.max(position, 0), from - 1);
    const low = Math.floor(centre);
    const high = Math.min(low + 1, from - 1);
    values[i * from + low]! += 1 - (centre - low);
    values[i * from + high]! += centre - low;
  }
  return { values, out };
}

function interpolationMatrix(out: number, from: number, alignCorners: boolean): tf.Tensor2D {
  return tf.tensor2d(interpolationWeights(out, from, alignCorners).values, [out, from]);
}
