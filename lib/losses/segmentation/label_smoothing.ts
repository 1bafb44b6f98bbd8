/**
 * Label smoothing (Szegedy et al. 2016): cross-entropy against softened labels.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { field, fraction } from "../../util/schema.ts";
import { defineSegmentationLoss, type SegmentationLoss } from "./segmentation_loss.ts";

/** Mean over valid pixels of −(1 − ε)·log p_T(y) − (ε/C)·Σ_c log p_T(c). In place of `ce`. */
export const labelSmoothing: SegmentationLoss = defineSegmentationLoss({
  name: "label-smoothing",
  summary: "cross-entropy against smoothed labels, in place of ce",
  isPixelMean: true,
  takesClassWeights: true,
  options: {
    smoothing: field(fraction, {
      fallback: 0.1,
      about: "Label smoothing: ε, the share of the label that all classes divide evenly.",
    }),
  },
  loss(inputs, { smoothing }) {
    const log = inputs.logProbabilities();
    const even = tf.mul(tf.sum(log, -1, true), smoothing / log.shape[3]);
    const sharp = tf.mul(inputs.logLikelihood(), 1 - smoothing);
    return inputs.pixelMean(tf.neg(tf.add<tf.Tensor4D>(sharp, even)));
  },
});
