/**
 * LogitNorm (Wei et al. 2022): cross-entropy of logits of constant length.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { field, positive } from "../../util/schema.ts";
import { defineSegmentationLoss, type SegmentationLoss } from "./segmentation_loss.ts";

/**
 * Mean over valid pixels of the cross-entropy of softmax(z / (‖z‖·τ)), in place of `ce`. A
 * temperature of the loss cancels in z / ‖z‖; τ takes its place. Shorter z than `minNorm` are divided
 * by that: the published loss has no bound on its slope at z = 0, where score layers may start.
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
    minNorm: field(positive, {
      fallback: 1,
      about: "LogitNorm: the least that logits are divided by; 1e-7 as published.",
    }),
  },
  loss(inputs, { tau, minNorm }) {
    const z = inputs.upsampleOrder === "logits" ? inputs.fullLogits() : inputs.logits;
    // Inside the root, whose slope at 0 is infinite
    const norm = tf.sqrt(tf.maximum(tf.sum(tf.square(z), -1, true), minNorm ** 2));
    const unit = tf.div<tf.Tensor4D>(z, norm);
    const normalized = inputs.withLogits(unit, tau);
    return normalized.pixelMean(tf.neg(normalized.logLikelihood()));
  },
});
