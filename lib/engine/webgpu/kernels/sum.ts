/**
 * Sums and means over leading axes or over everything, in a fixed order.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGpuContext } from "../context.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, type KernelCall, sizeOf, tfjsKernel } from "./kernel.ts";
import {
  COLUMN_UNIFORMS,
  type ColumnLayout,
  columnLayout,
  columnPrologue,
  columnUniforms,
  treeSum,
} from "./reduction.ts";

interface SumAttrs {
  axis: number | number[];
  keepDims: boolean;
}

/** Sum; other axes than the leading ones go to tfjs's kernel. */
export const sum: Kernel<SumAttrs> = {
  name: "Sum",
  run: (call) => reduce(call, "Sum"),
};

/** Mean; other axes than the leading ones go to tfjs's kernel. */
export const mean: Kernel<SumAttrs> = {
  name: "Mean",
  run: (call) => reduce(call, "Mean"),
};

function reduce(
  call: KernelCall<SumAttrs>,
  name: "Sum" | "Mean",
): tf.TensorInfo | tf.TensorInfo[] {
  const { inputs, attrs, backend } = call;
  const x = inputs.x!;
  const axes = tf.util.parseAxisParam(attrs.axis, x.shape).toSorted((a, b) => a - b);
  const leading = axes.every((axis, i) => axis === i);
  const onCpu = backend.shouldExecuteOnCPU([x]);
  if (x.dtype !== "float32" || !leading || axes.length === 0 || sizeOf(x) === 0 || onCpu) {
    return tfjsKernel<SumAttrs>(name)(call);
  }
  const channels = x.shape.slice(axes.length).reduce((product, d) => product * d, 1);
  const rows = sizeOf(x) / channels;
  const factor = name === "Mean" ? 1 / rows : 1;
  const ones = attrs.keepDims ? axes.map(() => 1) : [];
  const shape = [...ones, ...x.shape.slice(axes.length)];
  if (channels === 1) return sumAll(backend, { x, shape, factor });
  return columnSum(backend, { x, rows, channels, shape, factor });
}

/** Sums `x`, read as `[rows, channels]`, over its rows; the result gets the given shape. */
export function columnSum(
  backend: WebGpuContext,
  options: {
    x: tf.TensorInfo;
    rows: number;
    channels: number;
    shape: number[];
    factor?: number;
  },
): tf.TensorInfo {
  const { x, rows, channels, shape, factor = 1 } = options;
  const columns = columnLayout(rows, channels);
  const { parts } = columns;
  const last = parts === 1;
  const y = newOutput(backend, last ? shape : [parts, channels]);
  dispatch(backend, columnKernel(columns), {
    uniforms: [...columnUniforms(columns, rows), last ? factor : 1],
    reads: [x],
    writes: [y],
    grid: linearGrid(columns.colBlocks * parts),
  });
  if (last) return y;
  const sum = columnSum(backend, { x: y, rows: parts, channels, shape, factor });
  backend.disposeData(y.dataId);
  return sum;
}

function columnKernel(columns: ColumnLayout): WgslKernel {
  const { type, lanes, groups } = columns;
  return {
    key: `columnSum/${type}/${lanes}`,
    uniforms: [...COLUMN_UNIFORMS, ["factor", "f32"]],
    reads: [["x", type]],
    writes: [["y", type]],
    wgsl: ({ subgroupSize, load, store }) => ({
      globals: `var<workgroup> sums: array<${type}, ${THREADS}>;`,
      main: `${columnPrologue(columns)}
  var total = ${type}();
  if (col < u.cols) {
    for (var r = start + group; r < end; r += ${groups}u) { total += ${
        load("x", "r * u.cols + col")
      }; }
  }
  sums[lid] = total;${treeSum(["sums"], subgroupSize, lanes)}
  if (group == 0u && col < u.cols && start < u.rows) {
    ${store("y", "part * u.cols + col", "u.factor * sums[lane]")}
  }`,
    }),
  };
}

/** Values per thread of {@linkcode sumAll}. */
const PER_THREAD = 16;

const SUM_ALL: WgslKernel = {
  key: "sumAll",
  uniforms: [["count", "u32"], ["factor", "f32"]],
  reads: [["x", "f32"]],
  writes: [["y", "f32"]],
  wgsl: ({ subgroupSize }) => ({
    globals: `var<workgroup> sums: array<f32, ${THREADS}>;`,
    main: `
  let block = wid.y * grid.x + wid.x;
  let start = block * ${PER_THREAD * THREADS}u + lid;
  var total = 0.0;
  for (var j = 0u; j < ${PER_THREAD}u; j++) {
    let i = start + j * ${THREADS}u;
    if (i < u.count) { total += x[i]; }
  }
  sums[lid] = total;${treeSum(["sums"], subgroupSize)}
  if (lid == 0u) { y[block] = u.factor * sums[0]; }`,
  }),
};

/** Sum of all values, as a tensor of the given shape of one value. */
export function sumAll(
  backend: WebGpuContext,
  options: { x: tf.TensorInfo; shape: number[]; factor?: number },
): tf.TensorInfo {
  const { x, shape, factor = 1 } = options;
  const count = sizeOf(x);
  const grid = linearGrid(Math.ceil(count / (PER_THREAD * THREADS)));
  const blocks = grid[0] * grid[1];
  const last = blocks === 1;
  const y = newOutput(backend, last ? shape : [blocks]);
  const uniforms = [count, last ? factor : 1];
  dispatch(backend, SUM_ALL, { uniforms, reads: [x], writes: [y], grid });
  if (last) return y;
  const sum = sumAll(backend, { x: y, shape, factor });
  backend.disposeData(y.dataId);
  return sum;
}
