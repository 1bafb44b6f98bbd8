/**
 * SGD with momentum, in place, many weights at a launch.
 *
 * @module
 */
import { SGD_UPDATE, SGD_UPDATE_IF, type SgdUpdateAttrs } from "../../ops/kernels.ts";
import type { Kernel, KernelCall } from "./kernel.ts";
import { deferUpdate, type UpdateKind } from "./update_batch.ts";

/** The new weight and velocity; `factor` is what the gradient is multiplied by. */
function body(factor: string): string {
  return `
      let w = weight_K[i];
      let g = ${factor}gradient_K[i] + u.coupled_K * w;
      let v = u.momentum * velocity_K[i] + g;
      velocity_K[i] = v;
      weight_K[i] = u.kept_K * w - u.lr * select(v, g + u.momentum * v, u.nesterov > 0.0);`;
}

const KIND: UpdateKind = {
  name: SGD_UPDATE,
  shared: ["lr", "momentum", "nesterov"],
  own: ["coupled", "kept"],
  writes: ["weight", "velocity"],
  reads: ["gradient"],
  body: body(""),
};

const KIND_IF: UpdateKind = {
  ...KIND,
  name: SGD_UPDATE_IF,
  common: ["control"],
  body: `
      if (control[0].x > 0.0) {${body("control[0].y * ")}
      }`,
};

function defer(kind: UpdateKind, { inputs, attrs, backend }: KernelCall<SgdUpdateAttrs>): [] {
  const { lr, momentum, nesterov, l2, decoupled } = attrs;
  deferUpdate(backend, {
    kind,
    shared: [lr, momentum, nesterov ? 1 : 0],
    own: decoupled ? [0, 1 - lr * l2] : [l2, 1],
    tensors: [inputs.weight!, inputs.velocity!, inputs.grad!],
    common: (kind.common ?? []).map((name) => inputs[name]!),
  });
  return [];
}

/** Overwrites `weight` and `velocity`; see {@linkcode SgdUpdateAttrs}. */
export const sgdUpdate: Kernel<SgdUpdateAttrs> = {
  name: SGD_UPDATE,
  run: (call) => defer(KIND, call),
};

/** The same, unless `control` calls it off. */
export const sgdUpdateIf: Kernel<SgdUpdateAttrs> = {
  name: SGD_UPDATE_IF,
  run: (call) => defer(KIND_IF, call),
};
