/**
 * Binary cross-entropy of each class: the thesis' equation 2-3 as printed (method.md, "Losses").
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { defineSegmentationLoss, EPSILON, type SegmentationLoss } from "./segmentation_loss.ts";

/** Mean over valid pixels of −Σ_c y·log p_T + (1 − y)·log(1 − p_T). */
export const bcePerClass: SegmentationLoss = defineSegmentationLoss({
  name: "bce-per-class",
  summary: "binary cross-entropy summed over classes, mean over valid pixels",
  isPixelMean: true,
  takesClassWeights: true,
  options: {},
  loss(inputs) {
    const p = inputs.probabilities();
    const truth = inputs.truth();
    const hit = tf.mul(truth, tf.log(tf.add(p, EPSILON)));
    const miss = tf.mul(tf.sub(1, truth), tf.log(tf.add(tf.sub(1, p), EPSILON)));
    return inputs.pixelMean(tf.neg(tf.add(hit, miss)));
  },
});
