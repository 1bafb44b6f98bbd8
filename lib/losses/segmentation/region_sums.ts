/**
 * What the losses over regions share: sums by class, and the mean over classes.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { field, nonNegative } from "../../util/schema.ts";
import type { LossInputs } from "./segmentation_loss.ts";

/** Sums over the valid pixels of a batch, by class `[c]`. */
export interface RegionSums {
  /** Σ p·y. */
  overlap: tf.Tensor1D;
  /** Σ p. */
  predicted: tf.Tensor1D;
  /** Σ y. */
  labelled: tf.Tensor1D;
}

/** The option that the losses over regions share. */
export const smooth: ReturnType<typeof field<typeof nonNegative>> = field(nonNegative, {
  fallback: 1,
  about: "s, added to numerator and denominator; at 0 absent classes count 0.",
});

/** Sums by class of p_T, the labels and their product. */
export function regionSums(inputs: LossInputs): RegionSums {
  const [p, truth] = [inputs.probabilities(), inputs.truth()];
  const classes = p.shape[3];
  const masked = tf.mul(p, inputs.mask());
  const perClass = (x: tf.Tensor): tf.Tensor1D => tf.sum(tf.reshape(x, [-1, classes]), 0);
  return {
    overlap: perClass(tf.mul(masked, truth)),
    predicted: perClass(masked),
    labelled: perClass(truth),
  };
}

/**
 * Mean over classes of `loss`, taken as the micro-batch's share of the batch. Where `smooth` is 0, a
 * class that is absent from the labels counts 0.
 *
 * @param loss `[c]`.
 */
export function meanOverClasses(
  loss: tf.Tensor,
  inputs: LossInputs,
  { labelled, smooth }: { labelled: tf.Tensor1D; smooth: number },
): tf.Scalar {
  const counts = smooth > 0 ? 1 : tf.cast(tf.greater(labelled, 0), "float32");
  return tf.mul(tf.mean(tf.mul(loss, counts)), inputs.valid > 0 ? inputs.share : 0);
}
