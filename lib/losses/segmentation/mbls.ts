/**
 * Margin-based label smoothing (Liu et al. 2022): penalises logits that fall behind the largest by
 * more than a margin.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { oneHot } from "../../engine/ops/labels.ts";
import { withoutGradient } from "../../engine/ops/without_gradient.ts";
import { field, nonNegative } from "../../util/schema.ts";
import { defineSegmentationLoss, type SegmentationLoss } from "./segmentation_loss.ts";

/**
 * Mean over valid pixels and classes of max(0, max_k z_k/T − z_c/T − m): a regulariser beside
 * another term. Distances of logits are those of log-probabilities, which exist in either order of
 * upsampling.
 */
export const mbls: SegmentationLoss = defineSegmentationLoss({
  name: "mbls",
  summary: "margin-based label smoothing, a regulariser beside another term",
  isPixelMean: true,
  options: {
    margin: field(nonNegative, {
      fallback: 10,
      about: "MbLS: distance of logits, divided by T, that costs nothing.",
    }),
  },
  loss(inputs, { margin }) {
    const log = inputs.logProbabilities();
    // Not tf.max, whose gradient compares all classes with it: that took 80 % of the time on WASM
    const isLargest = withoutGradient(log, () => oneHot(tf.argMax(log, -1), log.shape[3]));
    const distance = tf.sub(tf.sum(tf.mul(log, isLargest), -1, true), log);
    const excess = tf.mean<tf.Tensor4D>(tf.relu(tf.sub(distance, margin)), -1, true);
    return inputs.pixelMean(excess, { weighted: false });
  },
});
