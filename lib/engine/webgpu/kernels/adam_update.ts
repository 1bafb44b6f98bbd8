/**
 * Adam, in place, many weights at a launch.
 *
 * @module
 */
import { ADAM_UPDATE, type AdamUpdateAttrs } from "../../ops/kernels.ts";
import type { Kernel } from "./kernel.ts";
import { deferUpdate, type UpdateKind } from "./update_batch.ts";

const KIND: UpdateKind = {
  name: ADAM_UPDATE,
  shared: ["rate", "beta1", "beta2", "rest1", "rest2", "unbias2", "eps"],
  own: [],
  writes: ["weight", "mean", "square"],
  reads: ["gradient"],
  body: `
      let g = gradient_K[i];
      let m = u.beta1 * mean_K[i] + u.rest1 * g;
      let v = u.beta2 * square_K[i] + u.rest2 * g * g;
      mean_K[i] = m;
      square_K[i] = v;
      weight_K[i] -= u.rate * m / (sqrt(v * u.unbias2) + u.eps);`,
};

/** Overwrites `weight`, `m` and `v`; see {@linkcode AdamUpdateAttrs}. */
export const adamUpdate: Kernel<AdamUpdateAttrs> = {
  name: ADAM_UPDATE,
  run({ inputs, attrs, backend }) {
    const { lr, beta1, beta2, eps, step } = attrs;
    const rate = lr / (1 - beta1 ** step);
    const unbias2 = 1 / (1 - beta2 ** step);
    deferUpdate(backend, {
      kind: KIND,
      shared: [rate, beta1, beta2, 1 - beta1, 1 - beta2, unbias2, eps],
      own: [],
      tensors: [inputs.weight!, inputs.m!, inputs.v!, inputs.grad!],
    });
    return [];
  },
};
