/**
 * Gradient of batch norm with batch statistics and an optional activation: two sums per channel, their
 * combination (where there is more than one part), and dx.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import {
  BATCH_NORM_ACTIVATION_TRAIN_GRAD,
  type BatchNormActivationAttrs,
  type NormActivation,
} from "../../ops/batch_norm.ts";
import { BATCH_NORM_TRAIN_GRAD, type BatchNormTrainAttrs } from "../../ops/kernels.ts";
import type { WebGpuContext } from "../context.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { type KernelTemplate, THREADS, type WgslKernel } from "../wgsl.ts";
import { activationSlope } from "./activations.ts";
import { leakyReluGrad } from "./elementwise.ts";
import { type Kernel, type KernelCall, sizeOf } from "./kernel.ts";
import {
  COLUMN_UNIFORMS,
  type ColumnLayout,
  columnLayout,
  columnPrologue,
  columnUniforms,
  treeSum,
} from "./reduction.ts";

/** What follows batch norm. A ReLU's gradient reads the output y; the others start from x anew. */
type End = "relu" | NormActivation | null;

interface Pass {
  inputs: Record<string, tf.TensorInfo>;
  eps: number;
  end: End;
  columns: ColumnLayout;
  rows: number;
  channels: number;
}

/** Outputs dx, dgamma and dbeta. */
export const batchNormTrainGrad: Kernel<BatchNormTrainAttrs> = {
  name: BATCH_NORM_TRAIN_GRAD,
  run: (call) => gradients(call, call.attrs.relu ? "relu" : null),
};

/** The same behind another activation than a ReLU. */
export const batchNormActivationTrainGrad: Kernel<BatchNormActivationAttrs> = {
  name: BATCH_NORM_ACTIVATION_TRAIN_GRAD,
  run: (call) => gradients(call, call.attrs.activation),
};

function gradients(call: KernelCall<{ eps: number }>, end: End): tf.TensorInfo[] {
  const { inputs, attrs: { eps }, backend } = call;
  const bindings = backend.training.limits.maxStorageBuffersPerShaderStage ?? 8;
  if (end !== null && bindings < BINDINGS) return maskedFirst(call, end);
  const { x, gamma, mean, variance, dy } = inputs;
  const channels = x!.shape[3]!;
  const rows = sizeOf(x!) / channels;
  const columns = columnLayout(rows, channels);
  const pass = { inputs, eps, end, columns, rows, channels };
  const [dgamma, dbeta] = parameterGradients(backend, pass);
  const dx = newActivation(backend, x!.shape);
  const count = sizeOf(x!) / columns.width;
  const extra = end === null ? [] : end === "relu" ? [inputs.y!] : [inputs.beta!];
  dispatch(backend, inputKernel(columns, end), {
    uniforms: [count, columns.cols, eps, 1 / rows],
    reads: [x!, dy!, gamma!, mean!, variance!, dgamma, dbeta, ...extra],
    writes: [dx],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  return [dx, dgamma, dbeta];
}

/** Storage buffers that dx takes with an activation: one more than WebGPU guarantees. */
const BINDINGS = 9;

/** The same with one launch more: dy is brought before the activation first. */
function maskedFirst(
  { inputs, attrs, backend }: KernelCall<{ eps: number }>,
  end: NonNullable<End>,
): tf.TensorInfo[] {
  const { x, y, dy } = inputs;
  const masked = end === "relu"
    ? leakyReluGrad.run({ inputs: { x: y!, dy: dy! }, attrs: { alpha: 0 }, backend })
    : beforeActivation(backend, { inputs, eps: attrs.eps, end });
  const plain = { inputs: { ...inputs, y: x!, dy: masked as tf.TensorInfo }, attrs, backend };
  const results = gradients(plain, null);
  backend.disposeData((masked as tf.TensorInfo).dataId);
  return results;
}

function beforeActivation(
  backend: WebGpuContext,
  call: { inputs: Record<string, tf.TensorInfo>; eps: number; end: NormActivation },
): tf.TensorInfo {
  const { inputs: { x, dy, gamma, beta, mean, variance }, eps, end } = call;
  const channels = x!.shape[3]!;
  const { type, width, cols } = columnLayout(sizeOf(x!) / channels, channels);
  const masked = newActivation(backend, x!.shape);
  const count = sizeOf(x!) / width;
  const names = ["x", "dy", "gamma", "beta", "mean", "variance"];
  dispatch(backend, {
    key: `${BATCH_NORM_ACTIVATION_TRAIN_GRAD}/mask/${type}/${end}`,
    uniforms: [["count", "u32"], ["cols", "u32"], ["eps", "f32"]],
    reads: names.map((name) => [name, type]),
    writes: [["masked", type]],
    wgsl: ({ load, store }) => ({
      main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  let c = i % u.cols;${incoming({ load, type, end, channel: "c" })}
  ${store("masked", "i", "d")}`,
    }),
  }, {
    uniforms: [count, cols, eps],
    reads: [x!, dy!, gamma!, beta!, mean!, variance!],
    writes: [masked],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  return masked;
}

function parameterGradients(
  backend: WebGpuContext,
  pass: Pass,
): [dgamma: tf.TensorInfo, dbeta: tf.TensorInfo] {
  const { inputs, eps, end, columns, rows, channels } = pass;
  const { x, y, dy, mean, variance, gamma, beta } = inputs;
  const { parts, colBlocks } = columns;
  const shape = parts === 1 ? [channels] : [parts, channels];
  const gammas = newOutput(backend, shape);
  const betas = newOutput(backend, shape);
  const extra = end === null ? [] : end === "relu" ? [y!] : [gamma!, beta!];
  dispatch(backend, partialKernel(columns, end), {
    uniforms: [...columnUniforms(columns, rows), eps],
    reads: [x!, dy!, mean!, variance!, ...extra],
    writes: [gammas, betas],
    grid: linearGrid(colBlocks * parts),
  });
  if (parts === 1) return [gammas, betas];
  const dgamma = newOutput(backend, [channels]);
  const dbeta = newOutput(backend, [channels]);
  dispatch(backend, COMBINE, {
    uniforms: [parts, channels],
    reads: [gammas, betas],
    writes: [dgamma, dbeta],
    grid: linearGrid(channels),
  });
  backend.disposeData(gammas.dataId);
  backend.disposeData(betas.dataId);
  return [dgamma, dbeta];
}

/** WGSL of `d`, the gradient before the activation, at the value `i` of a channel. */
function incoming(
  { load, type, end, channel }: {
    load: KernelTemplate["load"];
    type: string;
    end: End;
    channel: string;
  },
): string {
  const dy = load("dy", "i");
  if (end === null) return `\n  let d = ${dy};`;
  if (end === "relu") return `\n  let d = select(${type}(), ${dy}, ${load("y", "i")} > ${type}());`;
  const scale = `${load("gamma", channel)} / sqrt(${load("variance", channel)} + u.eps)`;
  return `
  let z = (${load("x", "i")} - ${load("mean", channel)}) * (${scale}) + ${load("beta", channel)};
  let g = ${dy};
  let d = ${activationSlope(end, { x: "z", dy: "g" }, type)};`;
}

function partialKernel(columns: ColumnLayout, end: End): WgslKernel {
  const { type, lanes, groups } = columns;
  const extra = end === null ? [] : end === "relu" ? ["y"] : ["gamma", "beta"];
  return {
    key: `${BATCH_NORM_TRAIN_GRAD}/partial/${type}/${lanes}/${end}`,
    uniforms: [...COLUMN_UNIFORMS, ["eps", "f32"]],
    reads: ["x", "dy", "mean", "variance", ...extra].map((name) => [name, type]),
    writes: [["gammas", type], ["betas", type]],
    wgsl: ({ subgroupSize, load, store }) => ({
      globals: `
var<workgroup> firsts: array<${type}, ${THREADS}>;
var<workgroup> seconds: array<${type}, ${THREADS}>;`,
      main: `${columnPrologue(columns)}
  var first = ${type}();
  var second = ${type}();
  if (col < u.cols) {
    let centre = ${load("mean", "col")};
    for (var r = start + group; r < end; r += ${groups}u) {
      let i = r * u.cols + col;${incoming({ load, type, end, channel: "col" })}
      first += d * (${load("x", "i")} - centre);
      second += d;
    }
    first = first / sqrt(${load("variance", "col")} + u.eps);
  }
  firsts[lid] = first;
  seconds[lid] = second;${treeSum(["firsts", "seconds"], subgroupSize, lanes)}
  if (group == 0u && col < u.cols && start < u.rows) {
    ${store("gammas", "part * u.cols + col", "firsts[lane]")}
    ${store("betas", "part * u.cols + col", "seconds[lane]")}
  }`,
    }),
  };
}

const COMBINE: WgslKernel = {
  key: `${BATCH_NORM_TRAIN_GRAD}/combine`,
  uniforms: [["parts", "u32"], ["channels", "u32"]],
  reads: [["gammas", "f32"], ["betas", "f32"]],
  writes: [["dgamma", "f32"], ["dbeta", "f32"]],
  wgsl: ({ subgroupSize }) => ({
    globals: `
var<workgroup> firsts: array<f32, ${THREADS}>;
var<workgroup> seconds: array<f32, ${THREADS}>;`,
    main: `
  let c = wid.y * grid.x + wid.x;
  if (c >= u.channels) { return; }
  let at = min(lid, u.parts - 1u) * u.channels + c;
  firsts[lid] = select(0.0, gammas[at], lid < u.parts);
  seconds[lid] = select(0.0, betas[at], lid < u.parts);${
      treeSum(["firsts", "seconds"], subgroupSize)
    }
  if (lid == 0u) {
    dgamma[c] = firsts[0];
    dbeta[c] = seconds[0];
  }`,
  }),
};

function inputKernel({ type }: ColumnLayout, end: End): WgslKernel {
  const extra = end === null ? [] : end === "relu" ? ["y"] : ["beta"];
  const names = ["x", "dy", "gamma", "mean", "variance", "dgamma", "dbeta", ...extra];
  return {
    key: `${BATCH_NORM_TRAIN_GRAD}/input/${type}/${end}`,
    uniforms: [["count", "u32"], ["cols", "u32"], ["eps", "f32"], ["share", "f32"]],
    reads: names.map((name) => [name, type]),
    writes: [["dx", type]],
    wgsl: ({ load, store }) => ({
      main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  let c = i % u.cols;${incoming({ load, type, end, channel: "c" })}
  let inverse = ${type}(1.0) / sqrt(${load("variance", "c")} + u.eps);
  let normal = (${load("x", "i")} - ${load("mean", "c")}) * inverse;
  let centred = d - u.share * (${load("dbeta", "c")} + normal * ${load("dgamma", "c")});
  ${store("dx", "i", `${load("gamma", "c")} * inverse * centred`)}`,
    }),
  };
}
