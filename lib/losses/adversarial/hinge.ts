/**
 * Hinge loss (Lim & Ye 2017; Miyato et al. 2018): D's logits are pushed beyond ±1.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { AdversarialLoss } from "./adversarial_loss.ts";

/** relu(1 − D(y)) and relu(1 + D(p)) for D, −D(p) for G, all on logits. */
export const hinge: AdversarialLoss = {
  name: "hinge",
  summary: "hinge loss on D's logits",
  readsOutput: false,
  real: ({ logits }) => tf.relu(tf.sub(1, logits)),
  fake: ({ logits }) => tf.relu(tf.add(1, logits)),
  generator: ({ logits }) => tf.neg(logits),
};
