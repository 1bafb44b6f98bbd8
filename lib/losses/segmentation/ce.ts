/**
 * Categorical cross-entropy: the thesis' segmentation loss by its worked example (method.md,
 * "Losses").
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { oneHot, softmaxCrossEntropy } from "../../engine/ops/labels.ts";
import { defineSegmentationLoss, type SegmentationLoss } from "./segmentation_loss.ts";

/** Keeps −log p finite where an upsampled probability reaches 0. */
export const EPSILON: number = 1e-7;

/** Mean over valid pixels of −log p_T(y). */
export const ce: SegmentationLoss = defineSegmentationLoss({
  name: "ce",
  summary: "categorical cross-entropy, mean over valid pixels",
  options: {},
  loss(inputs) {
    const { labels, temperature, upsampleOrder, valid } = inputs;
    const scale = valid > 0 ? 1 / valid : 0;
    if (upsampleOrder === "logits") {
      const logits = inputs.fullLogits();
      return softmaxCrossEntropy({ logits, labels }, { temperature, scale });
    }
    const p = inputs.probabilities();
    const truth = oneHot(labels, p.shape[3]) as tf.Tensor4D;
    const isValid = tf.sum(truth, -1); // [b, h, w]
    const hit = tf.log(tf.add(tf.sum(tf.mul(p, truth), -1), EPSILON));
    return tf.mul(tf.sum(tf.neg(tf.mul(isValid, hit))), scale);
  },
});
