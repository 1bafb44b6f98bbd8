/**
 * Gradient of batch norm with batch statistics: two sums per channel, their combination (where
 * there is more than one part), and dx.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { BATCH_NORM_TRAIN_GRAD, type BatchNormTrainAttrs } from "../../ops/kernels.ts";
import type { WebGpuContext } from "../context.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { type KernelTemplate, THREADS, type WgslKernel } from "../wgsl.ts";
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

interface Pass {
  inputs: Record<string, tf.TensorInfo>;
  attrs: BatchNormTrainAttrs;
  columns: ColumnLayout;
  rows: number;
  channels: number;
}

/** Outputs dx, dgamma and dbeta. */
export const batchNormTrainGrad: Kernel<BatchNormTrainAttrs> = {
  name: BATCH_NORM_TRAIN_GRAD,
  run(call) {
    const { inputs, attrs, backend } = call;
    const bindings = backend.training.limits.maxStorageBuffersPerShaderStage ?? 8;
    if (attrs.relu && bindings < BINDINGS) return maskedFirst(call);
    const { x, y, dy, gamma, mean, variance } = inputs;
    const channels = x!.shape[3]!;
    const rows = sizeOf(x!) / channels;
    const columns = columnLayout(rows, channels);
    const pass = { inputs, attrs, columns, rows, channels };
    const [dgamma, dbeta] = parameterGradients(backend, pass);
    const dx = newActivation(backend, x!.shape);
    const count = sizeOf(x!) / columns.width;
    const masks = attrs.relu ? [y!] : [];
    dispatch(backend, inputKernel(columns, attrs.relu), {
      uniforms: [count, columns.cols, attrs.eps, 1 / rows],
      reads: [x!, dy!, gamma!, mean!, variance!, dgamma, dbeta, ...masks],
      writes: [dx],
      grid: linearGrid(Math.ceil(count / THREADS)),
    });
    return [dx, dgamma, dbeta];
  },
};

/** Storage buffers that dx takes with a ReLU: one more than WebGPU guarantees. */
const BINDINGS = 9;

/** The same with one launch more: the ReLU's mask is applied first. */
function maskedFirst(call: KernelCall<BatchNormTrainAttrs>): tf.TensorInfo[] {
  const { inputs: { y, dy, ...rest }, attrs, backend } = call;
  const inputs = { x: y!, dy: dy! };
  const masked = leakyReluGrad.run({ inputs, attrs: { alpha: 0 }, backend }) as tf.TensorInfo;
  const plain = { inputs: { ...rest, dy: masked }, attrs: { ...attrs, relu: false }, backend };
  const gradients = batchNormTrainGrad.run(plain) as tf.TensorInfo[];
  backend.disposeData(masked.dataId);
  return gradients;
}

function parameterGradients(
  backend: WebGpuContext,
  pass: Pass,
): [dgamma: tf.TensorInfo, dbeta: tf.TensorInfo] {
  const { inputs, attrs, columns, rows, channels } = pass;
  const { x, y, dy, mean, variance } = inputs;
  const { parts, colBlocks } = columns;
  const shape = parts === 1 ? [channels] : [parts, channels];
  const gammas = newOutput(backend, shape);
  const betas = newOutput(backend, shape);
  dispatch(backend, partialKernel(columns, attrs.relu), {
    uniforms: [...columnUniforms(columns, rows), attrs.eps],
    reads: [x!, dy!, mean!, variance!, ...(attrs.relu ? [y!] : [])],
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

/** The gradient with respect to the ReLU's input, or dy where there is no ReLU. */
function incoming(load: KernelTemplate["load"], type: string, relu: boolean): string {
  return relu
    ? `select(${type}(), ${load("dy", "i")}, ${load("y", "i")} > ${type}())`
    : load("dy", "i");
}

function partialKernel(columns: ColumnLayout, relu: boolean): WgslKernel {
  const { type, lanes, groups } = columns;
  const mask: [string, typeof type][] = relu ? [["y", type]] : [];
  return {
    key: `${BATCH_NORM_TRAIN_GRAD}/partial/${type}/${lanes}/${relu}`,
    uniforms: [...COLUMN_UNIFORMS, ["eps", "f32"]],
    reads: [["x", type], ["dy", type], ["mean", type], ["variance", type], ...mask],
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
      let i = r * u.cols + col;
      let d = ${incoming(load, type, relu)};
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

function inputKernel({ type }: ColumnLayout, relu: boolean): WgslKernel {
  const names = ["x", "dy", "gamma", "mean", "variance", "dgamma", "dbeta", ...(relu ? ["y"] : [])];
  return {
    key: `${BATCH_NORM_TRAIN_GRAD}/input/${type}/${relu}`,
    uniforms: [["count", "u32"], ["cols", "u32"], ["eps", "f32"], ["share", "f32"]],
    reads: names.map((name) => [name, type]),
    writes: [["dx", type]],
    wgsl: ({ load, store }) => ({
      main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  let c = i % u.cols;
  let inverse = ${type}(1.0) / sqrt(${load("variance", "c")} + u.eps);
  let normal = (${load("x", "i")} - ${load("mean", "c")}) * inverse;
  let centred = ${incoming(load, type, relu)} - u.share * (${load("dbeta", "c")} + normal * ${
        load("dgamma", "c")
      });
  ${store("dx", "i", `${load("gamma", "c")} * inverse * centred`)}`,
    }),
  };
}
