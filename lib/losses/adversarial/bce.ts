/**
 * Binary cross-entropy loss (DCGAN; method.md, "Losses"), with the minus signs that the thesis lacks.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { AdversarialLoss } from "./adversarial_loss.ts";

/**
 * −log D(y) and −log(1 − D(p)) for D, −log D(p) for G, computed from logits so that a sure D
 * gives no infinity.
 */
export const bce: AdversarialLoss = {
  name: "bce",
  summary: "binary cross-entropy (DCGAN)",
  readsOutput: false,
  real: ({ logits }) => tf.softplus(tf.neg(logits)),
  fake: ({ logits }) => tf.softplus(logits),
  generator: ({ logits }) => tf.softplus(tf.neg(logits)),
};
