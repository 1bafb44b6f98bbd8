/**
 * Stochastic gradient descent with momentum: the thesis' optimiser of the segmentation network
 * (method.md, "Updates").
 *
 * @module
 */
import { z } from "zod";
import { sgdUpdate } from "../../engine/ops/optimizer_updates.ts";
import { field, fraction, nonNegative } from "../../util/schema.ts";
import { defineOptimizer, type OptimizerEntry } from "../optimizer.ts";

/** SGD with momentum, and L2 on those parameters that decay. */
export const sgd: OptimizerEntry = defineOptimizer({
  name: "sgd",
  summary: "stochastic gradient descent with momentum",
  supportsLossScaling: true,
  options: {
    momentum: field(fraction, {
      fallback: 0.9,
      about: "SGD: share of the last update that is kept.",
      source: "Table 4-1",
    }),
    nesterov: field(z.boolean(), {
      fallback: false,
      about: "SGD: Nesterov's accelerated gradient.",
    }),
    weightDecay: field(nonNegative, {
      fallback: 0,
      about: "Lambda of (lambda / 2) * sum of squared weights; pool 0, 1e-4, 2e-4, 5e-4.",
      source: "§4.3",
    }),
    weightDecayOn: field(z.enum(["kernels", "all"]), {
      fallback: "kernels",
      about: "What weight decay applies to: convolution kernels, or all trainable weights.",
    }),
    decoupled: field(z.boolean(), {
      fallback: false,
      about: "Subtract lr * lambda * w outside the momentum instead of adding to the gradient.",
    }),
  },
  slots: ["velocity"],
  lambda: ({ decoupled, weightDecay }) => decoupled ? 0 : weightDecay,
  update({ parameter, gradient, slots, lr, control }, options) {
    const { weight, decays } = parameter;
    const { momentum, nesterov, decoupled, weightDecay } = options;
    const settings = { momentum, nesterov, decoupled, lr, l2: decays ? weightDecay : 0 };
    sgdUpdate({ weight, velocity: slots.velocity!, grad: gradient, control }, settings);
  },
});
