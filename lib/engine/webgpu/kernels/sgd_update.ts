/**
 * SGD with momentum, in place, many weights at a launch.
 *
 * @module
 */
import { SGD_UPDATE, type SgdUpdateAttrs } from "../../ops/kernels.ts";
import type { Kernel } from "./_kernel.ts";
import { deferUpdate, type UpdateKind } from "./_update_batch.ts";

const KIND: UpdateKind = {
  name: SGD_UPDATE,
  shared: ["lr", "momentum", "nesterov"],
  own: ["coupled", "kept"],
  writes: ["weight", "velocity"],
  reads: ["gradient"],
  body: `
      let w = weight_K[i];
      let g = gradient_K[i] + u.coupled_K * w;
      let v = u.momentum * velocity_K[i] + g;
      velocity_K[i] = v;
      weight_K[i] = u.kept_K * w - u.lr * select(v, g + u.momentum * v, u.nesterov > 0.0);`,
};

/** Overwrites `weight` and `velocity`; see {@linkcode SgdUpdateAttrs}. */
export const sgdUpdate: Kernel<SgdUpdateAttrs> = {
  name: SGD_UPDATE,
  run({ inputs, attrs, backend }) {
    const { lr, momentum, nesterov, l2, decoupled } = attrs;
    deferUpdate(backend, {
      kind: KIND,
      shared: [lr, momentum, nesterov ? 1 : 0],
      own: decoupled ? [0, 1 - lr * l2] : [l2, 1],
      tensors: [inputs.weight!, inputs.velocity!, inputs.grad!],
    });
    return [];
  },
};
