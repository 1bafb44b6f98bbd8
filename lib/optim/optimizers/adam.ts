/**
 * Adam (Kingma & Ba 2015): the thesis' optimiser of the discriminator (method.md, "Updates").
 *
 * @module
 */
import { adamUpdate } from "../../engine/ops/optimizer_updates.ts";
import { field, fraction, positive } from "../../util/schema.ts";
import { defineOptimizer, type OptimizerEntry } from "../optimizer.ts";

/** Adam with bias correction. */
export const adam: OptimizerEntry = defineOptimizer({
  name: "adam",
  summary: "Adam with bias correction, without weight decay",
  supportsLossScaling: false,
  options: {
    beta1: field(fraction, {
      fallback: 0.9,
      about: "Adam: decay of the first moment.",
    }),
    beta2: field(fraction, {
      fallback: 0.999,
      about: "Adam: decay of the second moment.",
    }),
    eps: field(positive, {
      fallback: 1e-7,
      about: "Adam: added to the root of the second moment.",
    }),
  },
  slots: ["m", "v"],
  update({ parameter: { weight }, gradient, slots, lr, step }, options) {
    adamUpdate({ weight, m: slots.m!, v: slots.v!, grad: gradient }, { ...options, lr, step });
  },
});
