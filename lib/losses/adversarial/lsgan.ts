/**
 * Least-squares loss (Mao et al. 2017), the thesis' choice (method.md, "Losses").
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { AdversarialLoss } from "./adversarial_loss.ts";

/** ½(D(y) − 1)² and ½D(p)² for D, ½(D(p) − 1)² for G. */
export const lsgan: AdversarialLoss = {
  name: "lsgan",
  summary: "least squares (the thesis' choice)",
  readsOutput: true,
  real: ({ output }) => halfSquare(tf.sub(output, 1)),
  fake: ({ output }) => halfSquare(output),
  generator: ({ output }) => halfSquare(tf.sub(output, 1)),
};

function halfSquare(x: tf.Tensor4D): tf.Tensor4D {
  return tf.mul(tf.square(x), 0.5);
}
