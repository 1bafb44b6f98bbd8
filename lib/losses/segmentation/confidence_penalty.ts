/**
 * Confidence penalty (Pereyra et al. 2017): rewards the entropy of the prediction.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { defineSegmentationLoss, type SegmentationLoss } from "./segmentation_loss.ts";

/** Mean over valid pixels of −H(p_T) = Σ_c p_T·log p_T: a regulariser beside another term. */
export const confidencePenalty: SegmentationLoss = defineSegmentationLoss({
  name: "confidence-penalty",
  summary: "negative entropy of the prediction, a regulariser beside another term",
  isPixelMean: true,
  options: {},
  loss(inputs) {
    const products = tf.mul<tf.Tensor4D>(inputs.probabilities(), inputs.logProbabilities());
    return inputs.pixelMean(products, { weighted: false });
  },
});
