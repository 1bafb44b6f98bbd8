/**
 * AdamW (Loshchilov & Hutter 2019): Adam with weight decay apart from the gradient.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { adamUpdate } from "../../engine/ops/optimizer_updates.ts";
import { field, fraction, nonNegative, positive } from "../../util/schema.ts";
import { defineOptimizer, type OptimizerEntry } from "../optimizer.ts";

/** Adam with decoupled weight decay, PyTorch's defaults; norms and biases do not decay. */
export const adamw: OptimizerEntry = defineOptimizer({
  name: "adamw",
  summary: "Adam with decoupled weight decay of convolution kernels",
  supportsLossScaling: false,
  options: {
    beta1: field(fraction, { fallback: 0.9, about: "Decay of the first moment." }),
    beta2: field(fraction, { fallback: 0.999, about: "Decay of the second moment." }),
    eps: field(positive, { fallback: 1e-8, about: "Added to the root of the second moment." }),
    weightDecay: field(nonNegative, {
      fallback: 0.01,
      about: "Lambda: weights are multiplied by 1 - lr * lambda before each step.",
    }),
    weightDecayOn: field(z.enum(["kernels", "all"]), {
      fallback: "kernels",
      about: "What weight decay applies to: convolution kernels, or norms and biases too.",
    }),
  },
  slots: ["m", "v"],
  update({ parameter: { weight, decays }, gradient, slots, lr, step }, options) {
    const { beta1, beta2, eps, weightDecay } = options;
    if (decays && weightDecay > 0) {
      tf.tidy(() => weight.assign(tf.mul(weight, 1 - lr * weightDecay)));
    }
    const tensors = { weight, m: slots.m!, v: slots.v!, grad: gradient };
    adamUpdate(tensors, { beta1, beta2, eps, lr, step });
  },
});
