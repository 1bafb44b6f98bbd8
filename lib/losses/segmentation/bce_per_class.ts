/**
 * Binary cross-entropy of each class: the thesis' equation 2-3 as printed (method.md, "Losses").
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { oneHot } from "../../engine/ops/labels.ts";
import { EPSILON } from "./ce.ts";
import { defineSegmentationLoss, type SegmentationLoss } from "./segmentation_loss.ts";

/** Mean over valid pixels of −Σ_c y·log p_T + (1 − y)·log(1 − p_T). */
export const bcePerClass: SegmentationLoss = defineSegmentationLoss({
  name: "bce-per-class",
  summary: "binary cross-entropy summed over classes, mean over valid pixels",
  options: {},
  loss(inputs) {
    const { labels, valid } = inputs;
    const scale = valid > 0 ? 1 / valid : 0;
    const p = inputs.probabilities();
    const truth = oneHot(labels, p.shape[3]) as tf.Tensor4D;
    const isValid = tf.sum(truth, -1, true); // [b, h, w, 1]
    const hit = tf.mul(truth, tf.log(tf.add(p, EPSILON)));
    const miss = tf.mul(tf.sub(1, truth), tf.log(tf.add(tf.sub(1, p), EPSILON)));
    return tf.mul(tf.sum(tf.neg(tf.mul(isValid, tf.add(hit, miss)))), scale);
  },
});
