/**
 * In-place updates, many tensors at a launch: SGD with momentum, Adam and moving averages.
 *
 * @module
 */
import {
  ADAM_UPDATE,
  type AdamUpdateAttrs,
  MOVING_AVERAGE,
  SGD_UPDATE,
  SGD_UPDATE_IF,
  type SgdUpdateAttrs,
} from "../../ops/kernels.ts";
import type { Kernel, KernelCall } from "./kernel.ts";
import { deferUpdate, type UpdateKind } from "./multi_tensor_update.ts";

/** The new weight and velocity; `factor` multiplies the gradient. */
function sgdBody(factor: string): string {
  return `
      let w = weight_K[i];
      let g = ${factor}gradient_K[i] + u.coupled_K * w;
      let v = u.momentum * velocity_K[i] + g;
      velocity_K[i] = v;
      weight_K[i] = u.kept_K * w - u.lr * select(v, g + u.momentum * v, u.nesterov > 0.0);`;
}

const SGD: UpdateKind = {
  name: SGD_UPDATE,
  shared: ["lr", "momentum", "nesterov"],
  own: ["coupled", "kept"],
  writes: ["weight", "velocity"],
  reads: ["gradient"],
  body: sgdBody(""),
};

const SGD_IF: UpdateKind = {
  ...SGD,
  name: SGD_UPDATE_IF,
  common: ["control"],
  body: `
      if (control[0].x > 0.0) {${sgdBody("control[0].y * ")}
      }`,
};

function deferSgd(kind: UpdateKind, { inputs, attrs, backend }: KernelCall<SgdUpdateAttrs>): [] {
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
  run: (call) => deferSgd(SGD, call),
};

/** The same, skipped where `control` says so; see {@linkcode SGD_UPDATE_IF}. */
export const sgdUpdateIf: Kernel<SgdUpdateAttrs> = {
  name: SGD_UPDATE_IF,
  run: (call) => deferSgd(SGD_IF, call),
};

const ADAM: UpdateKind = {
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
      kind: ADAM,
      shared: [rate, beta1, beta2, 1 - beta1, 1 - beta2, unbias2, eps],
      own: [],
      tensors: [inputs.weight!, inputs.m!, inputs.v!, inputs.grad!],
    });
    return [];
  },
};

const MOVING: UpdateKind = {
  name: MOVING_AVERAGE,
  shared: [],
  own: ["share"],
  writes: ["moving"],
  reads: ["batch"],
  body: `
      moving_K[i] += u.share_K * (batch_K[i] - moving_K[i]);`,
};

/** Overwrites `moving`. */
export const movingAverage: Kernel<{ momentum: number }> = {
  name: MOVING_AVERAGE,
  run({ inputs, attrs, backend }) {
    deferUpdate(backend, {
      kind: MOVING,
      shared: [],
      own: [1 - attrs.momentum],
      tensors: [inputs.moving!, inputs.batch!],
    });
    return [];
  },
};
