/**
 * Ops on class labels: one-hot maps, correct on every backend, and the cross-entropy of a temperature
 * softmax with ignored pixels.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { ONE_HOT, SOFTMAX_CROSS_ENTROPY, type SoftmaxCrossEntropyAttrs } from "./kernels.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";

/** `tf.oneHot` with dtype float32 writes integer bits on WASM (tfjs 4.22.0), hence the cast. */
const ONE_HOT_KERNEL: TrainingKernel<{ classes: number }> = {
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
  return runTrainingKernel(ONE_HOT_KERNEL, { labels }, { classes })[0]!;
}

const CROSS_ENTROPY_KERNEL: TrainingKernel<SoftmaxCrossEntropyAttrs> = {
  name: SOFTMAX_CROSS_ENTROPY,
  compose({ logits, labels }, { temperature, scale }) {
    const classes = logits!.shape[1]!;
    const truth = oneHot(labels!, classes); // [n, c], zero rows where ignored
    const logP = tf.logSoftmax(tf.div(logits!, temperature));
    const valid = tf.sum(truth, -1, true);
    const loss = tf.mul(tf.sum(tf.mul(truth, logP)), -scale);
    const gradient = tf.sub(tf.mul(tf.exp(logP), valid), truth);
    return [loss, tf.mul(gradient, scale / temperature)];
  },
  gradient: {
    saveInputs: [],
    saveOutputs: [false, true],
    run: ([dy], [gradient]) => ({ logits: tf.mul(gradient!, dy!) }),
  },
};

/**
 * Cross-entropy of softmax(logits / T) against class labels: scale · Σ −log p(label) over pixels
 * whose label is a class; other labels contribute nothing to loss or gradient (method.md, "Losses").
 *
 * Differentiable in `logits`.
 *
 * @param inputs `logits [b, h, w, c]` and int32 `labels [b, h, w]`.
 * @param options `temperature` T, and `scale`, usually 1 / (valid pixels).
 * @returns A scalar, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { softmaxCrossEntropy } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const logits = tf.tensor4d([0, 7.34, 8, 7.27, 0, 0], [1, 1, 1, 6]);
 * const labels = tf.tensor3d([2], [1, 1, 1], "int32");
 * const loss = softmaxCrossEntropy({ logits, labels }, { temperature: 0.5, scale: 1 });
 * assert.equal((await loss.data())[0]!.toFixed(3), "0.405");
 * ```
 */
export function softmaxCrossEntropy(
  inputs: { logits: tf.Tensor4D; labels: tf.Tensor3D },
  options: SoftmaxCrossEntropyAttrs,
): tf.Scalar {
  return tf.tidy(() => {
    const logits = tf.reshape(inputs.logits, [-1, inputs.logits.shape[3]]);
    const labels = tf.reshape(inputs.labels, [-1]);
    const { temperature, scale } = options;
    return runTrainingKernel(CROSS_ENTROPY_KERNEL, { logits, labels }, { temperature, scale })[0];
  }) as tf.Scalar;
}
