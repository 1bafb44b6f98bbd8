/**
 * Soft Dice loss (Milletari et al. 2016) over all classes.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { oneHot } from "../../engine/ops/labels.ts";
import { field, nonNegative } from "../../util/schema.ts";
import { defineSegmentationLoss, type SegmentationLoss } from "./segmentation_loss.ts";

/**
 * Mean over classes of 1 − (2·Σ p·y + s) / (Σ p + Σ y + s), sums over the valid pixels of the batch.
 * With s = 0 a class that is absent from the labels counts 0, as in segmentation_models.pytorch; with
 * s > 0 it counts what is predicted of it, as in Ultralytics.
 */
export const dice: SegmentationLoss = defineSegmentationLoss({
  name: "dice",
  summary: "soft Dice loss, mean over classes",
  options: {
    smooth: field(nonNegative, {
      fallback: 1,
      about: "Dice: s, added to numerator and denominator; at 0 absent classes count 0.",
    }),
  },
  loss(inputs, { smooth }) {
    const { labels, valid, share } = inputs;
    const p = inputs.probabilities();
    const classes = p.shape[3];
    const truth = oneHot(labels, classes) as tf.Tensor4D; // zero where ignored
    const masked = tf.mul(p, inputs.mask());
    const perClass = (x: tf.Tensor): tf.Tensor => tf.sum(tf.reshape(x, [-1, classes]), 0);
    const overlap = perClass(tf.mul(masked, truth));
    const [predicted, labelled] = [perClass(masked), perClass(truth)];
    const size = tf.add(tf.add(predicted, labelled), smooth);
    const score = tf.div(tf.add(tf.mul(overlap, 2), smooth), tf.maximum(size, 1e-7));
    const counts = smooth > 0 ? 1 : tf.cast(tf.greater(labelled, 0), "float32");
    const loss = tf.mean(tf.mul(tf.sub(1, score), counts));
    return tf.mul(loss, valid > 0 ? share : 0);
  },
});
