/**
 * In-place updates: SGD with momentum, Adam and moving averages. They are multi-tensor updates (as in
 * NVIDIA Apex): updates of one kind are deferred and batched into one launch until their tensors are
 * used, commands are submitted, or the kernel's bindings are full.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { DeferredWork, WebGpuContext } from "../context.ts";
import { linearGrid, pipelineOf } from "../dispatch.ts";
import { packScalars } from "../gpu_buffers.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, type KernelCall, sizeOf } from "./kernel.ts";
import {
  ADAM_UPDATE,
  type AdamUpdateAttrs,
  MOVING_AVERAGE,
  SGD_UPDATE,
  SGD_UPDATE_IF,
  type SgdUpdateAttrs,
} from "../../ops/kernels.ts";

/** One kind of update. */
export interface UpdateKind {
  name: string;
  /** Scalars that all tensors of a batch share. */
  shared: string[];
  /** Scalars of each tensor. */
  own: string[];
  /** Tensors that are overwritten, then those that are only read. */
  writes: string[];
  reads: string[];
  /** Tensors that all updates of a batch read, without a suffix in `body`. */
  common?: string[];
  /**
   * WGSL that updates element `i`; tensors, always float32, and own scalars carry the suffix `_K`:
   * `weight_K[i]`, `u.l2_K`.
   */
  body: string;
}

/** One update. */
export interface Update {
  kind: UpdateKind;
  /** In the order of `kind.shared` and `kind.own`. */
  shared: number[];
  own: number[];
  /** `kind.writes`, then `kind.reads`, all of one shape. */
  tensors: tf.TensorInfo[];
  /** In the order of `kind.common`. */
  common?: tf.TensorInfo[];
}

/** Most updates in a launch. */
const MAX_UPDATES = 16;

/** Updates that are recorded together. */
class UpdateBatch implements DeferredWork {
  readonly counts: number[] = [];
  readonly own: number[] = [];
  readonly buffers: Set<GPUBuffer> = new Set();
  readonly #tensors: GPUBuffer[] = [];
  readonly #common: GPUBuffer[];

  constructor(readonly backend: WebGpuContext, readonly first: Update) {
    this.#common = commonOf(backend, first);
    for (const buffer of this.#common) this.buffers.add(buffer);
  }

  /** Whether the update can join. */
  accepts(update: Update, buffers: GPUBuffer[]): boolean {
    const { first, counts } = this;
    const limit = this.backend.training.limits.maxStorageBuffersPerShaderStage ?? 8;
    return update.kind === first.kind && counts.length < MAX_UPDATES &&
      this.buffers.size + buffers.length <= limit &&
      update.shared.every((value, i) => value === first.shared[i]) &&
      commonOf(this.backend, update).every((buffer, i) => buffer === this.#common[i]) &&
      !buffers.some((buffer) => this.buffers.has(buffer));
  }

  add(update: Update, buffers: GPUBuffer[]): void {
    this.counts.push(Math.ceil(sizeOf(update.tensors[0]!) / 4));
    this.own.push(...update.own);
    this.#tensors.push(...buffers);
    for (const buffer of buffers) this.buffers.add(buffer);
  }

  record(): void {
    const all = this.#tensors;
    const { kind, shared } = this.first;
    const kernel = kernelOf(kind, this.counts.length);
    const blocks = this.counts.map((count) => Math.ceil(count / THREADS));
    const perTensor = this.counts.flatMap((count, k) => [count, blocks[k]!]);
    const { writes, reads } = kind;
    const width = writes.length + reads.length;
    const ofTensors = (from: number, to: number) =>
      this.counts.flatMap((_, k) => all.slice(k * width + from, k * width + to));
    this.backend.launch({
      pipeline: pipelineOf(this.backend, kernel),
      uniforms: packScalars(kernel.uniforms, [...shared, ...perTensor, ...this.own]),
      buffers: [
        ...ofTensors(writes.length, width),
        ...this.#common,
        ...ofTensors(0, writes.length),
      ],
      grid: linearGrid(blocks.reduce((sum, n) => sum + n, 0)),
    });
  }
}

/** Defers an update; it is recorded before any launch that uses one of its tensors. */
export function deferUpdate(backend: WebGpuContext, update: Update): void {
  const buffers = update.tensors.map((tensor) => backend.bufferOf(tensor));
  let batch = backend.deferred;
  if (!(batch instanceof UpdateBatch && batch.accepts(update, buffers))) {
    backend.recordDeferred();
    backend.deferred = batch = new UpdateBatch(backend, update);
  }
  (batch as UpdateBatch).add(update, buffers);
}

function commonOf(backend: WebGpuContext, { common = [] }: Update): GPUBuffer[] {
  return common.map((tensor) => backend.bufferOf(tensor));
}

/** The kernel of `tensors` updates: workgroups are assigned to one tensor after another. */
function kernelOf(kind: UpdateKind, tensors: number): WgslKernel {
  const indices = Array.from({ length: tensors }, (_, k) => k);
  const named = (names: string[]) => indices.flatMap((k) => names.map((name) => `${name}_${k}`));
  const bound = (names: string[]) =>
    named(names).map((name) => [name, "vec4<f32>"] as [string, "vec4<f32>"]);
  return {
    key: `${kind.name}/${tensors}`,
    uniforms: [
      ...kind.shared.map((name) => [name, "f32"] as [string, "f32"]),
      ...named(["count", "blocks"]).map((name) => [name, "u32"] as [string, "u32"]),
      ...named(kind.own).map((name) => [name, "f32"] as [string, "f32"]),
    ],
    reads: [
      ...bound(kind.reads),
      ...(kind.common ?? []).map((name) => [name, "vec4<f32>"] as [string, "vec4<f32>"]),
    ],
    writes: bound(kind.writes),
    wgsl: () => ({
      main: `
  var block = wid.y * grid.x + wid.x;
${indices.map((k) => branch(kind, k)).join("\n")}`,
    }),
  };
}

function branch(kind: UpdateKind, k: number): string {
  return `
  if (block < u.blocks_${k}) {
    let i = block * ${THREADS}u + lid;
    if (i < u.count_${k}) {
${kind.body.replaceAll("_K", `_${k}`)}
    }
    return;
  }
  block -= u.blocks_${k};`;
}

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
