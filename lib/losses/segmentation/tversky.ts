/**
 * Tversky loss (Salehi et al. 2017), and focal Tversky (Abraham & Khan 2019): Dice with false
 * positives and false negatives weighted apart.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { field, nonNegative, positive } from "../../util/schema.ts";
import { meanOverClasses, regionSums, smooth } from "./region_sums.ts";
import { defineSegmentationLoss, EPSILON, type SegmentationLoss } from "./segmentation_loss.ts";

/**
 * Mean over classes of (1 − (TP + s) / (TP + α·FP + β·FN + s))^γ with TP = Σ p·y, FP = Σ p − TP and
 * FN = Σ y − TP over the valid pixels of the batch; absent classes count as in `dice`.
 */
export const tversky: SegmentationLoss = defineSegmentationLoss({
  name: "tversky",
  summary: "Tversky loss, mean over classes",
  options: {
    alpha: field(nonNegative, { fallback: 0.5, about: "Tversky: weight of false positives." }),
    beta: field(nonNegative, { fallback: 0.5, about: "Tversky: weight of false negatives." }),
    gamma: field(positive, { fallback: 1, about: "Focal Tversky: exponent of each class's loss." }),
    smooth,
  },
  loss(inputs, { alpha, beta, gamma, smooth }) {
    const { overlap, predicted, labelled } = regionSums(inputs);
    const wrong = tf.add(
      tf.mul(tf.sub(predicted, overlap), alpha),
      tf.mul(tf.sub(labelled, overlap), beta),
    );
    const size = tf.add(tf.add(overlap, wrong), smooth);
    const loss = tf.sub(1, tf.div(tf.add(overlap, smooth), tf.maximum(size, EPSILON)));
    // The floor keeps the gradient finite where a class is perfect and γ below 1
    const focal = gamma === 1 ? loss : tf.pow(tf.maximum(loss, EPSILON), gamma);
    return meanOverClasses(focal, inputs, { labelled, smooth });
  },
});
