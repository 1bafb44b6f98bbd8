/**
 * Enlargement that repeats pixels, and its gradient.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { RESIZE_NEAREST, RESIZE_NEAREST_GRAD, type ResizeNearestAttrs } from "./kernels.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";

const GRADIENT: TrainingKernel<ResizeNearestAttrs> = {
  name: RESIZE_NEAREST_GRAD,
  // A mean over each block, times its pixels
  compose: ({ dy }, { factor }) => [
    tf.mul(tf.avgPool(dy as tf.Tensor4D, factor, factor, "valid"), factor * factor),
  ],
};

const FORWARD: TrainingKernel<ResizeNearestAttrs> = {
  name: RESIZE_NEAREST,
  compose({ x }, { factor }) {
    const [, height, width] = x!.shape as [number, number, number, number];
    const size: [number, number] = [height * factor, width * factor];
    return [tf.image.resizeNearestNeighbor(x as tf.Tensor4D, size)];
  },
  gradient: {
    saveInputs: [],
    saveOutputs: [],
    run: ([dy], _saved, attrs) => ({
      x: () => runTrainingKernel(GRADIENT, { dy: dy! }, attrs)[0]!,
    }),
  },
};

/**
 * Enlarges maps by a whole factor: each pixel becomes a block of its value (PyTorch's
 * `nearest` interpolation).
 *
 * @param x Maps `[b, h, w, c]`.
 * @returns Maps `[b, factor·h, factor·w, c]`, owned by the caller.
 * @throws {RangeError} If the factor is no whole number from 1 on.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { resizeNearest } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const y = resizeNearest(tf.tensor4d([1, 2], [1, 1, 2, 1]), { factor: 2 });
 * assert.deepEqual([...await y.data()], [1, 1, 2, 2, 1, 1, 2, 2]);
 * ```
 */
export function resizeNearest(x: tf.Tensor4D, { factor }: { factor: number }): tf.Tensor4D {
  if (!(Number.isInteger(factor) && factor >= 1)) {
    throw new RangeError(`Cannot repeat pixels ${factor} times: must be a whole number`);
  }
  return runTrainingKernel(FORWARD, { x }, { factor })[0] as tf.Tensor4D;
}
