/**
 * Focal loss (Lin et al. 2017): cross-entropy that counts pixels less the surer they are right.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { field, nonNegative } from "../../util/schema.ts";
import { defineSegmentationLoss, EPSILON, type SegmentationLoss } from "./segmentation_loss.ts";

/** Mean over valid pixels of −(1 − p_T(y))^γ · log p_T(y). */
export const focal: SegmentationLoss = defineSegmentationLoss({
  name: "focal",
  summary: "focal loss, mean over valid pixels",
  isPixelMean: true,
  takesClassWeights: true,
  options: {
    gamma: field(nonNegative, {
      fallback: 2,
      about: "Focal: exponent; 0 is the cross-entropy. It acts on p at the loss's temperature.",
    }),
  },
  loss(inputs, { gamma }) {
    const log = inputs.logLikelihood();
    // The floor keeps the gradient finite where p is 1 and γ below 1
    const doubt = tf.maximum(tf.sub(1, tf.exp(log)), EPSILON);
    return inputs.pixelMean(tf.neg(tf.mul(tf.pow(doubt, gamma), log)));
  },
});
