/**
 * LogitNorm (Wei et al. 2022): cross-entropy of logits of constant length.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { field, positive } from "../../util/schema.ts";
import { defineSegmentationLoss, EPSILON, type SegmentationLoss } from "./segmentation_loss.ts";

/**
 * Mean over valid pixels of the cross-entropy of softmax(z / (‖z‖·τ)), in place of `ce`. A
 * temperature of the loss cancels in z / ‖z‖; τ takes its place.
 */
export const logitnorm: SegmentationLoss = defineSegmentationLoss({
  name: "logitnorm",
  summary: "cross-entropy of logits divided by their norm, in place of ce",
  isPixelMean: true,
  takesClassWeights: true,
  options: {
    tau: field(positive, {
      fallback: 0.04,
      about: "LogitNorm: τ, in place of the loss's temperature, which cancels.",
    }),
  },
  loss(inputs, { tau }) {
    const z = inputs.upsampleOrder === "logits" ? inputs.fullLogits() : inputs.logits;
    // Inside the root too, whose slope at 0 is infinite
    const norm = tf.sqrt(tf.add(tf.sum(tf.square(z), -1, true), EPSILON ** 2));
    const unit = tf.div<tf.Tensor4D>(z, tf.add(norm, EPSILON));
    const normalized = inputs.withLogits(unit, tau);
    return normalized.pixelMean(tf.neg(normalized.logLikelihood()));
  },
});
