/**
 * L1 penalty of the network's weights: a sparse alternative to weight decay.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { defineSegmentationLoss, type SegmentationLoss } from "./segmentation_loss.ts";

/**
 * Σ |w| over the weights that decay (`optimizer.weightDecayOn`): a regulariser beside another term,
 * whose `weight` is λ. Its gradient at w = 0 is 0. Neither labels nor temperature act on it.
 */
export const l1: SegmentationLoss = defineSegmentationLoss({
  name: "l1",
  summary: "L1 norm of the decaying weights, a regulariser beside another term",
  isPixelMean: true,
  readsWeights: true,
  options: {},
  loss({ weights, share, valid }) {
    if (valid === 0 || weights.length === 0) return tf.scalar(0);
    const norms = weights.map((weight) => tf.sum(tf.mul(weight, tf.sign(weight))));
    return tf.mul(tf.addN(norms), share);
  },
});
