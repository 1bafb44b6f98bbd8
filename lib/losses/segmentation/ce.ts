/**
 * Categorical cross-entropy: the thesis' segmentation loss by its worked example (method.md,
 * "Losses").
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { softmaxCrossEntropy } from "../../engine/ops/labels.ts";
import { defineSegmentationLoss, type SegmentationLoss } from "./segmentation_loss.ts";

/** Mean over valid pixels of −log p_T(y). */
export const ce: SegmentationLoss = defineSegmentationLoss({
  name: "ce",
  summary: "categorical cross-entropy, mean over valid pixels",
  isPixelMean: true,
  takesClassWeights: true,
  options: {},
  loss(inputs) {
    const { labels, temperature, upsampleOrder, valid, classWeights } = inputs;
    if (upsampleOrder === "logits" && classWeights === null) { // fused: value and gradient at once
      const scale = valid > 0 ? 1 / valid : 0;
      return softmaxCrossEntropy({ logits: inputs.fullLogits(), labels }, { temperature, scale });
    }
    return inputs.pixelMean(tf.neg(inputs.logLikelihood()));
  },
});
