/**
 * Lovász-softmax loss (Berman et al. 2018): a piecewise linear surrogate of 1 − IoU.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { lovaszExtension } from "../../engine/ops/lovasz.ts";
import { field } from "../../util/schema.ts";
import { defineSegmentationLoss, EPSILON, type SegmentationLoss } from "./segmentation_loss.ts";

/**
 * Mean over classes of the Lovász extension of the Jaccard loss at the errors |y_c − p_T(c)| of the
 * batch's valid pixels. Sorts the pixels once a class.
 */
export const lovasz: SegmentationLoss = defineSegmentationLoss({
  name: "lovasz",
  summary: "Lovász-softmax loss, mean over classes; sorts all pixels for each class",
  options: {
    classes: field(z.enum(["present", "all"]), {
      fallback: "present",
      about: "Lovász: mean over the classes that the batch's labels hold, or over all.",
    }),
  },
  loss(inputs, { classes }) {
    const [p, truth] = [inputs.probabilities(), inputs.truth()];
    const byClass = (x: tf.Tensor): tf.Tensor1D[] =>
      tf.unstack(tf.transpose(tf.reshape(x, [-1, p.shape[3]]))) as tf.Tensor1D[];
    const errors = byClass(tf.add(tf.mul(p, tf.sub(1, tf.mul(truth, 2))), truth));
    const mask = tf.reshape(inputs.mask(), [-1]) as tf.Tensor1D;
    const truths = byClass(truth);
    const losses = tf.stack(
      errors.map((error, c) => lovaszExtension({ errors: error, truth: truths[c]!, mask })),
    );
    const present = tf.cast(tf.greater(tf.stack(truths.map((one) => tf.sum(one))), 0), "float32");
    const counts = classes === "all" ? tf.onesLike(present) : present;
    const mean = tf.div(tf.sum(tf.mul(losses, counts)), tf.maximum(tf.sum(counts), EPSILON));
    return tf.mul(mean, inputs.valid > 0 ? inputs.share : 0);
  },
});
