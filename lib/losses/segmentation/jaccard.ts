/**
 * Soft Jaccard loss (Rahman & Wang 2016): 1 − IoU of probabilities.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { meanOverClasses, regionSums, smooth } from "./region_sums.ts";
import { defineSegmentationLoss, type SegmentationLoss } from "./segmentation_loss.ts";

/**
 * Mean over classes of 1 − (Σ p·y + s) / (Σ p + Σ y − Σ p·y + s), sums over the valid pixels of the
 * batch; absent classes count as in `dice`.
 */
export const jaccard: SegmentationLoss = defineSegmentationLoss({
  name: "jaccard",
  summary: "soft Jaccard (IoU) loss, mean over classes",
  options: { smooth },
  loss(inputs, { smooth }) {
    const { overlap, predicted, labelled } = regionSums(inputs);
    const union = tf.add(tf.sub(tf.add(predicted, labelled), overlap), smooth);
    const score = tf.div(tf.add(overlap, smooth), tf.maximum(union, 1e-7));
    return meanOverClasses(tf.sub(1, score), inputs, { labelled, smooth });
  },
});
