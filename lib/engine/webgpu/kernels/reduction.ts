/**
 * Deterministic reductions, every sum in a fixed order: their building blocks in WGSL, which are the sum
 * within a workgroup and the layout of reductions over the rows of a matrix; and the kernels Sum and
 * Mean over leading axes or over everything.
 *
 * @module
 */
import { THREADS, type WgslKernel } from "../wgsl.ts";
import * as tf from "@tensorflow/tfjs";
import type { WebGpuContext } from "../context.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { type Kernel, type KernelCall, sizeOf, tfjsKernel } from "./kernel.ts";

/**
 * Tree reduction: WGSL that adds the 256 values of workgroup arrays into their first `lanes`, each of
 * every lanes-th value; ends in a barrier. With subgroups most of it needs none.
 *
 * @param subgroupSize Threads of a subgroup; 0: without subgroups.
 */
export function treeSum(arrays: string[], subgroupSize: number, lanes = 1): string {
  if (subgroupSize > lanes) return subgroupSum(arrays, subgroupSize, lanes);
  let text = "\n  workgroupBarrier();";
  for (let step = THREADS / 2; step >= lanes; step /= 2) {
    const adds = arrays.map((a) => `${a}[lid] += ${a}[lid + ${step}u];`).join(" ");
    text += `\n  if (lid < ${step}u) { ${adds} }\n  workgroupBarrier();`;
  }
  return text;
}

/** Each subgroup adds its own values; one thread per lane adds the sums of the subgroups. */
function subgroupSum(arrays: string[], subgroupSize: number, lanes: number): string {
  const each = (line: (a: string) => string) => arrays.map((a) => `    ${line(a)}`).join("\n");
  const steps: number[] = [];
  for (let step = subgroupSize / 2; step >= lanes; step /= 2) steps.push(step);
  return `
  {
${each((a) => `var own_${a} = ${a}[lid];`)}
${steps.map((s) => each((a) => `own_${a} += subgroupShuffleXor(own_${a}, ${s}u);`)).join("\n")}
    workgroupBarrier();
    let number = lid % ${subgroupSize}u;
    let slot = lid / ${subgroupSize}u * ${lanes}u + number;
    if (number < ${lanes}u) { ${arrays.map((a) => `${a}[slot] = own_${a};`).join(" ")} }
    workgroupBarrier();
    if (lid < ${lanes}u) {
      for (var other = lid + ${lanes}u; other < ${
    THREADS / subgroupSize * lanes
  }u; other += ${lanes}u) {
        ${arrays.map((a) => `${a}[lid] += ${a}[other];`).join(" ")}
      }
    }
    workgroupBarrier();
  }`;
}

/** How a matrix `[rows, channels]` is split among workgroups where each channel is reduced over rows. */
export interface ColumnLayout {
  /** Channels in a column: 4 where the channel count allows it. */
  width: 1 | 4;
  /** WGSL type of a column's value. */
  type: "vec4<f32>" | "f32";
  /** Columns of the matrix. */
  cols: number;
  /** Columns of a workgroup, a power of two. */
  lanes: number;
  /** Threads that share a column. */
  groups: number;
  /** Workgroups side by side. */
  colBlocks: number;
  /** Row blocks, each of which gives a partial result of its columns. */
  parts: number;
  /** Rows of a block. */
  rowsPer: number;
}

/** Rows per thread from which another row block is worth its overhead. */
const ROWS_PER_THREAD = 32;

/**
 * Splits a matrix: a workgroup takes `lanes` neighbouring columns (of one channel, or of four where
 * channels are a multiple of four) and a block of rows.
 */
export function columnLayout(rows: number, channels: number): ColumnLayout {
  const width = channels % 4 === 0 ? 4 : 1;
  const cols = channels / width;
  const lanes = Math.min(64 / width, 2 ** Math.ceil(Math.log2(cols)));
  const groups = THREADS / lanes;
  const colBlocks = Math.ceil(cols / lanes);
  const most = Math.min(THREADS, Math.ceil(1024 / colBlocks));
  const wanted = Math.min(most, Math.ceil(rows / (groups * ROWS_PER_THREAD)));
  const rowsPer = Math.ceil(rows / Math.max(1, wanted));
  const parts = Math.ceil(rows / rowsPer);
  const type = width === 4 ? "vec4<f32>" : "f32";
  return { width, type, cols, lanes, groups, colBlocks, parts, rowsPer };
}

/** Uniforms that {@linkcode columnPrologue} reads, and their values. */
export const COLUMN_UNIFORMS: [name: string, type: "u32"][] = [
  ["rows", "u32"],
  ["cols", "u32"],
  ["colBlocks", "u32"],
  ["rowsPer", "u32"],
];

/** Values of {@linkcode COLUMN_UNIFORMS}. */
export function columnUniforms(c: ColumnLayout, rows: number): number[] {
  return [rows, c.cols, c.colBlocks, c.rowsPer];
}

/** WGSL that finds a thread's column `col`, row group `group`, part `part` and rows. */
export function columnPrologue({ lanes }: ColumnLayout): string {
  return `
  let block = wid.y * grid.x + wid.x;
  let lane = lid % ${lanes}u;
  let group = lid / ${lanes}u;
  let col = (block % u.colBlocks) * ${lanes}u + lane;
  let part = block / u.colBlocks;
  let start = part * u.rowsPer;
  let end = min(start + u.rowsPer, u.rows);`;
}

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
