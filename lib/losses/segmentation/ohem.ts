/**
 * Cross-entropy with online hard example mining (Shrivastava et al. 2016) over pixels.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { withoutGradient } from "../../engine/ops/without_gradient.ts";
import { field, whole } from "../../util/schema.ts";
import { defineSegmentationLoss, EPSILON, type SegmentationLoss } from "./segmentation_loss.ts";

/**
 * Mean of −log p_T(y) over the valid pixels with p_T(y) below `threshold`, and at least over the
 * `minKept` with the lowest p_T(y), or all where there are fewer. mmsegmentation's rule, but for
 * batches of at most `minKept` pixels, of which that leaves the surest out.
 */
export const ohem: SegmentationLoss = defineSegmentationLoss({
  name: "ohem",
  summary: "cross-entropy over the hardest pixels",
  takesClassWeights: true,
  options: {
    threshold: field(z.number().min(0).max(1), {
      fallback: 0.7,
      about: "OHEM: pixels whose class has a lower probability than this are kept.",
    }),
    minKept: field(whole(0), {
      fallback: 100_000,
      about: "OHEM: fewest pixels that are kept, of a batch.",
    }),
  },
  loss(inputs, { threshold, minKept }) {
    const { share, valid } = inputs;
    const log = inputs.logLikelihood();
    const count = Math.ceil(minKept * share);
    // Beyond any probability where the label does not count
    const ignored = tf.mul(tf.sub(1, inputs.mask()), 4);
    const kept = withoutGradient(log, () => {
      const p = tf.add(tf.exp(log), ignored);
      return tf.cast(tf.less(p, tf.maximum(thresholdOf(p, count), threshold)), "float32");
    });
    const weights = tf.mul(kept, inputs.pixelWeights());
    const sum = tf.sum(tf.mul(weights, tf.neg(log)));
    const mean = tf.div<tf.Scalar>(sum, tf.maximum(tf.sum(weights), EPSILON));
    return tf.mul(mean, valid > 0 ? share : 0);
  },
});

/** Halvings of [0, 2]: to the resolution of float32 below 1. */
const HALVINGS = 25;

/**
 * A value that at least `count` probabilities lie below, the least to float32's resolution, or 2:
 * found by bisection on the device, without a sort.
 */
function thresholdOf(p: tf.Tensor, count: number): tf.Tensor {
  let [low, high]: tf.Tensor[] = [tf.scalar(0), tf.scalar(2)];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = tf.mul(tf.add(low!, high!), 0.5);
    const below = tf.sum(tf.cast(tf.less(p, middle), "float32"));
    const isEnough = tf.greaterEqual(below, count);
    [low, high] = [tf.where(isEnough, low!, middle), tf.where(isEnough, middle, high!)];
  }
  return high!;
}
