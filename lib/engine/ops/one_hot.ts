/**
 * One-hot maps, correct on every backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";
import { ONE_HOT } from "./kernels.ts";

/** `tf.oneHot` with dtype float32 writes integer bits on WASM (tfjs 4.22.0), hence the cast. */
const KERNEL: TrainingKernel<{ classes: number }> = {
  name: ONE_HOT,
  compose: ({ labels }, { classes }) => [
    tf.cast(tf.oneHot(labels as tf.Tensor1D, classes), "float32"),
  ],
};

/**
 * One-hot float maps of class labels; any value outside 0..classes−1, the ignore label included,
 * becomes the zero vector.
 *
 * @param labels int32, any shape.
 * @returns float32 of shape `[...labels.shape, classes]`, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { oneHot } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const maps = oneHot(tf.tensor1d([1, 255], "int32"), 2);
 * assert.deepEqual([...await maps.data()], [0, 1, 0, 0]);
 * ```
 */
export function oneHot(labels: tf.Tensor, classes: number): tf.Tensor {
  return runTrainingKernel(KERNEL, { labels }, { classes })[0]!;
}
