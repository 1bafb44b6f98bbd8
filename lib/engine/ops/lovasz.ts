/**
 * The Lovász extension of the Jaccard loss (Berman et al. 2018) with its gradient.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { LOVASZ_EXTENSION } from "./kernels.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";

/**
 * Errors in descending order, e₁ ≥ e₂ ≥ …, weigh what the Jaccard loss grows by when their pixel is
 * the next wrong one. With I pixels of the class right and U in the union afterwards, that is 1 / U
 * for a pixel of the class and I / (U·(U − 1)) for another: no difference of nearly equal numbers.
 */
const KERNEL: TrainingKernel<object> = {
  name: LOVASZ_EXTENSION,
  compose({ errors, truth, mask }) {
    const count = errors!.size;
    const keys = tf.add(tf.mul(errors!, mask!), tf.sub(mask!, 1)); // -1 where not valid: last
    const { indices } = tf.topk(keys, count);
    const isClass = tf.gather(truth!, indices);
    const isValid = tf.gather(mask!, indices);
    const pixels = tf.sum(truth!);
    const right = tf.sub(pixels, tf.cumsum(isClass));
    const union = tf.maximum(tf.add(pixels, tf.cumsum(tf.sub(isValid, isClass))), 1);
    const ofClass = tf.div(1, union);
    const before = tf.maximum(tf.sub(union, 1), 1);
    // The first wrong pixel of a class that is absent costs all
    const isFirst = tf.lessEqual(union, 1);
    const ofOther = tf.where(isFirst, tf.onesLike(union), tf.div(right, tf.mul(union, before)));
    const sorted = tf.mul(isValid, tf.where(tf.greater(isClass, 0), ofClass, ofOther));
    const places = tf.reshape(indices, [count, 1]) as tf.Tensor2D;
    const weights = tf.scatterND(places, sorted, [count]);
    return [tf.sum(tf.mul(weights, errors!)), weights];
  },
  gradient: {
    saveInputs: [],
    saveOutputs: [false, true],
    run: ([dy], [weights]) => ({ errors: tf.mul(weights!, dy!) }),
  },
};

/**
 * The Lovász extension of 1 − IoU of one class: piecewise linear in the errors, and 1 − IoU where
 * all errors are 0 or 1. Differentiable in `errors`; its gradient is the weight of each.
 *
 * It sorts the pixels: n·log n on CPU and WASM, and on WebGPU by about ½·log² n passes of a bitonic
 * sort on the device, without reading anything back.
 *
 * @param inputs All `[n]`: `errors` |y − p| of the pixels, `truth` 1 where the label is the class,
 * `mask` 1 where the label counts.
 * @returns A scalar, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { lovaszExtension } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const truth = tf.tensor1d([1, 1, 0]);
 * const loss = lovaszExtension({ errors: tf.tensor1d([0, 1, 0]), truth, mask: tf.ones([3]) });
 * assert.equal((await loss.data())[0], 0.5); // one of two pixels found
 * ```
 */
export function lovaszExtension(
  inputs: { errors: tf.Tensor1D; truth: tf.Tensor1D; mask: tf.Tensor1D },
): tf.Scalar {
  return runTrainingKernel(KERNEL, { ...inputs }, {})[0] as tf.Scalar;
}
