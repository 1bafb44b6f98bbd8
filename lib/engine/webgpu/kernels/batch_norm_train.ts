/**
 * Batch norm with batch statistics: partial statistics, their combination (where there is more than
 * one part), and the normalisation with an optional ReLU.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { ActivationName } from "../../ops/activations.ts";
import {
  BATCH_NORM_ACTIVATION_TRAIN,
  type BatchNormActivationAttrs,
} from "../../ops/batch_norm.ts";
import { BATCH_NORM_TRAIN, type BatchNormTrainAttrs } from "../../ops/kernels.ts";
import type { WebGpuContext } from "../context.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import { activationValue } from "./activations.ts";
import { type Kernel, type KernelCall, sizeOf } from "./kernel.ts";
import {
  COLUMN_UNIFORMS,
  type ColumnLayout,
  columnLayout,
  columnPrologue,
  columnUniforms,
  treeSum,
} from "./reduction.ts";

/** Normalises; outputs y, mean and biased variance. */
export const batchNormTrain: Kernel<BatchNormTrainAttrs> = {
  name: BATCH_NORM_TRAIN,
  run: (call) => normalize(call, call.attrs.relu ? "relu" : null),
};

/** The same with another activation than a ReLU. */
export const batchNormActivationTrain: Kernel<BatchNormActivationAttrs> = {
  name: BATCH_NORM_ACTIVATION_TRAIN,
  run: (call) => normalize(call, call.attrs.activation),
};

function normalize(
  { inputs, attrs, backend }: KernelCall<{ eps: number }>,
  activation: ActivationName | null,
): tf.TensorInfo[] {
  const { x, gamma, beta } = inputs;
  const channels = x!.shape[3]!;
  const columns = columnLayout(sizeOf(x!) / channels, channels);
  const [mean, variance] = statistics(backend, { x: x!, channels, columns });
  const y = newActivation(backend, x!.shape);
  const count = sizeOf(x!) / columns.width;
  dispatch(backend, applyKernel(columns, activation), {
    uniforms: [count, columns.cols, attrs.eps],
    reads: [x!, gamma!, beta!, mean, variance],
    writes: [y],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  return [y, mean, variance];
}

function statistics(
  backend: WebGpuContext,
  options: { x: tf.TensorInfo; channels: number; columns: ColumnLayout },
): [mean: tf.TensorInfo, variance: tf.TensorInfo] {
  const { x, channels, columns } = options;
  const { parts, colBlocks, rowsPer } = columns;
  const rows = sizeOf(x) / channels;
  const means = newOutput(backend, parts === 1 ? [channels] : [parts, channels]);
  const spreads = newOutput(backend, parts === 1 ? [channels] : [parts, channels]);
  dispatch(backend, partialKernel(columns), {
    uniforms: columnUniforms(columns, rows),
    reads: [x],
    writes: [means, spreads],
    grid: linearGrid(colBlocks * parts),
  });
  if (parts === 1) return [means, spreads];
  const mean = newOutput(backend, [channels]);
  const variance = newOutput(backend, [channels]);
  dispatch(backend, COMBINE, {
    uniforms: [rows, rowsPer, parts, channels],
    reads: [means, spreads],
    writes: [mean, variance],
    grid: linearGrid(channels),
  });
  backend.disposeData(means.dataId);
  backend.disposeData(spreads.dataId);
  return [mean, variance];
}

/**
 * Mean and biased variance of each block of rows. Differences to the block's first row are summed,
 * so that a large mean does not cancel the variance away.
 */
function partialKernel(columns: ColumnLayout): WgslKernel {
  const { type, lanes, groups } = columns;
  return {
    key: `${BATCH_NORM_TRAIN}/partial/${type}/${lanes}`,
    uniforms: COLUMN_UNIFORMS,
    reads: [["x", type]],
    writes: [["means", type], ["spreads", type]],
    wgsl: ({ subgroupSize, load, store }) => ({
      globals: `
var<workgroup> firsts: array<${type}, ${THREADS}>;
var<workgroup> seconds: array<${type}, ${THREADS}>;`,
      main: `${columnPrologue(columns)}
  var shift = ${type}();
  var first = ${type}();
  var second = ${type}();
  if (col < u.cols && start < u.rows) {
    shift = ${load("x", "start * u.cols + col")};
    for (var r = start + group; r < end; r += ${groups}u) {
      let d = ${load("x", "r * u.cols + col")} - shift;
      first += d;
      second += d * d;
    }
  }
  firsts[lid] = first;
  seconds[lid] = second;${treeSum(["firsts", "seconds"], subgroupSize, lanes)}
  if (group == 0u && col < u.cols && start < u.rows) {
    let n = f32(end - start);
    let mean = firsts[lane] / n;
    ${store("means", "part * u.cols + col", "shift + mean")}
    ${
        store(
          "spreads",
          "part * u.cols + col",
          `max(${type}(), seconds[lane] / n - mean * mean)`,
        )
      }
  }`,
    }),
  };
}

/** One workgroup a channel, one thread a part (Chan, Golub and LeVeque 1983, combined at once). */
const COMBINE: WgslKernel = {
  key: `${BATCH_NORM_TRAIN}/combine`,
  uniforms: [["rows", "u32"], ["rowsPer", "u32"], ["parts", "u32"], ["channels", "u32"]],
  reads: [["means", "f32"], ["spreads", "f32"]],
  writes: [["mean", "f32"], ["variance", "f32"]],
  wgsl: ({ subgroupSize }) => ({
    globals: `var<workgroup> sums: array<f32, ${THREADS}>;`,
    main: `
  let c = wid.y * grid.x + wid.x;
  if (c >= u.channels) { return; }
  var weight = 0.0;
  var own = 0.0;
  var spread = 0.0;
  if (lid < u.parts) {
    weight = f32(min(u.rowsPer, u.rows - lid * u.rowsPer)) / f32(u.rows);
    own = means[lid * u.channels + c];
    spread = spreads[lid * u.channels + c];
  }
  // The first part's mean as origin keeps the weighted sum exact where all means are close.
  let origin = means[c];
  sums[lid] = select(0.0, weight * (own - origin), lid < u.parts);${treeSum(["sums"], subgroupSize)}
  let centre = origin + sums[0];
  workgroupBarrier();
  let d = own - centre;
  sums[lid] = select(0.0, weight * (spread + d * d), lid < u.parts);${
      treeSum(["sums"], subgroupSize)
    }
  if (lid == 0u) {
    mean[c] = centre;
    variance[c] = sums[0];
  }`,
  }),
};

function applyKernel({ type }: ColumnLayout, activation: ActivationName | null): WgslKernel {
  return {
    key: `${BATCH_NORM_TRAIN}/apply/${type}/${activation}`,
    uniforms: [["count", "u32"], ["cols", "u32"], ["eps", "f32"]],
    reads: [["x", type], ["gamma", type], ["beta", type], ["mean", type], ["variance", type]],
    writes: [["y", type]],
    wgsl: ({ load, store }) => {
      const [x, mean] = [load("x", "i"), load("mean", "c")];
      const [gamma, beta, variance] = [
        load("gamma", "c"),
        load("beta", "c"),
        load("variance", "c"),
      ];
      const value = `(${x} - ${mean}) * (${gamma} / sqrt(${variance} + u.eps)) + ${beta}`;
      return {
        main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  let c = i % u.cols;
  let value = ${value};
  ${store("y", "i", activation ? activationValue(activation, "value", type) : "value")}`,
      };
    },
  };
}
