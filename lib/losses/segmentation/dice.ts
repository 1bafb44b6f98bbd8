/**
 * Soft Dice loss (Milletari et al. 2016) over all classes.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { meanOverClasses, regionSums, smooth } from "./region_sums.ts";
import { defineSegmentationLoss, type SegmentationLoss } from "./segmentation_loss.ts";

/**
 * Mean over classes of 1 − (2·Σ p·y + s) / (Σ p + Σ y + s), sums over the valid pixels of the batch.
 * With s = 0 a class that is absent from the labels counts 0, as in segmentation_models.pytorch; with
 * s > 0 it counts what is predicted of it, as in Ultralytics.
 */
export const dice: SegmentationLoss = defineSegmentationLoss({
  name: "dice",
  summary: "soft Dice loss, mean over classes",
  options: { smooth },
  loss(inputs, { smooth }) {
    const { overlap, predicted, labelled } = regionSums(inputs);
    const size = tf.add(tf.add(predicted, labelled), smooth);
    const score = tf.div(tf.add(tf.mul(overlap, 2), smooth), tf.maximum(size, 1e-7));
    return meanOverClasses(tf.sub(1, score), inputs, { labelled, smooth });
  },
});
