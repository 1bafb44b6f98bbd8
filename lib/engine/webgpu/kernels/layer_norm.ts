/**
 * Layer norm over the last axis, and its gradient: a few neighbouring threads share a row.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { LAYER_NORM, LAYER_NORM_GRAD } from "../../ops/kernels.ts";
import type { WebGpuContext } from "../context.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, sizeOf } from "./kernel.ts";
import {
  COLUMN_UNIFORMS,
  columnLayout,
  columnPrologue,
  columnSum,
  columnUniforms,
  treeSum,
} from "./reduction.ts";

interface Attrs {
  eps: number;
}

/** How rows are laid over threads. */
interface RowLayout {
  type: "vec4<f32>" | "f32";
  /** Channels in a column: 4 where the channel count allows it. */
  width: 1 | 4;
  rows: number;
  /** Columns of a row. */
  cols: number;
  /** Neighbouring threads that share a row, a power of two. */
  team: number;
}

function rowLayout(x: tf.TensorInfo): RowLayout {
  const channels = x.shape.at(-1)!;
  const width = channels % 4 === 0 ? 4 : 1;
  const cols = channels / width;
  const team = Math.min(64, 2 ** Math.ceil(Math.log2(cols)));
  const type = width === 4 ? "vec4<f32>" : "f32";
  return { type, width, rows: sizeOf(x) / channels, cols, team };
}

/** Workgroups of a kernel over rows. */
function rowGrid({ rows, team }: RowLayout): [number, number, number] {
  return linearGrid(Math.ceil(rows * team / THREADS));
}

/** WGSL that finds a thread's row, its place `t` in the row's team, and the row's first column. */
function rowPrologue({ team }: RowLayout): string {
  return `
  let row = (wid.y * grid.x + wid.x) * ${THREADS / team}u + lid / ${team}u;
  let t = lid % ${team}u;
  let live = row < u.rows;
  let base = row * u.cols;`;
}

/** WGSL that replaces variables by their sums over the team; `sums` is a workgroup array. */
function teamSum(names: string[], { team }: RowLayout, subgroupSize: number): string {
  const steps: number[] = [];
  for (let step = team / 2; step >= 1; step /= 2) steps.push(step);
  if (subgroupSize >= team) {
    return steps.flatMap((step) =>
      names.map((name) => `\n  ${name} += subgroupShuffleXor(${name}, ${step}u);`)
    ).join("");
  }
  return names.map((name) => `
  workgroupBarrier();
  sums[lid] = ${name};
  workgroupBarrier();${
    steps.map((step) =>
      `\n  if (t < ${step}u) { sums[lid] += sums[lid + ${step}u]; }\n  workgroupBarrier();`
    ).join("")
  }
  ${name} = sums[lid - t];`).join("");
}

/** WGSL of the sum of the components of a column. */
function total(layout: RowLayout, value: string): string {
  return layout.width === 4 ? `dot(${value}, vec4<f32>(1.0))` : `(${value})`;
}

/** WGSL that runs a statement for each column `i` of a thread, whose channel is `c`. */
function eachColumn({ team }: RowLayout, body: string): string {
  return `
  if (live) {
    for (var c = t; c < u.cols; c += ${team}u) {
      let i = base + c;
      ${body}
    }
  }`;
}

const ROW_UNIFORMS: WgslKernel["uniforms"] = [["rows", "u32"], ["cols", "u32"], ["share", "f32"]];

function forwardKernel(layout: RowLayout): WgslKernel {
  const { type, width, team } = layout;
  return {
    key: `${LAYER_NORM}/${type}/${team}`,
    uniforms: [...ROW_UNIFORMS, ["eps", "f32"]],
    reads: [["x", type], ["gamma", type], ["beta", type]],
    writes: [["y", type], ["means", "f32"], ["inverses", "f32"]],
    wgsl: ({ subgroupSize, load, store }) => ({
      globals: `var<workgroup> sums: array<f32, ${THREADS}>;`,
      // Relative to the first value: sums of values far from zero lose digits
      main: `${rowPrologue(layout)}
  var shift = 0.0;
  if (live) { shift = ${load("x", "base")}${width === 4 ? ".x" : ""}; }
  var sum = 0.0;${
        eachColumn(layout, `sum += ${total(layout, `${load("x", "i")} - ${type}(shift)`)};`)
      }${teamSum(["sum"], layout, subgroupSize)}
  let mean = shift + sum * u.share;
  var square = 0.0;${
        eachColumn(
          layout,
          `let d = ${load("x", "i")} - ${type}(mean);\n      square += ${total(layout, "d * d")};`,
        )
      }${teamSum(["square"], layout, subgroupSize)}
  let inverse = 1.0 / sqrt(square * u.share + u.eps);${
        eachColumn(
          layout,
          store(
            "y",
            "i",
            `(${load("x", "i")} - ${type}(mean)) * inverse * ${load("gamma", "c")} + ${
              load("beta", "c")
            }`,
          ),
        )
      }
  if (live && t == 0u) {
    means[row] = mean;
    inverses[row] = inverse;
  }`,
    }),
  };
}

/** Outputs y, and the mean and 1/√(variance + eps) of each row. */
export const layerNorm: Kernel<Attrs> = {
  name: LAYER_NORM,
  run({ inputs, attrs, backend }) {
    const { x, gamma, beta } = inputs;
    const layout = rowLayout(x!);
    const y = newActivation(backend, x!.shape);
    const means = newOutput(backend, [layout.rows]);
    const inverses = newOutput(backend, [layout.rows]);
    dispatch(backend, forwardKernel(layout), {
      uniforms: [layout.rows, layout.cols, 1 / (layout.cols * layout.width), attrs.eps],
      reads: [x!, gamma!, beta!],
      writes: [y, means, inverses],
      grid: rowGrid(layout),
    });
    return [y, means, inverses];
  },
};

function inputKernel(layout: RowLayout): WgslKernel {
  const { type, team } = layout;
  return {
    key: `${LAYER_NORM_GRAD}/input/${type}/${team}`,
    uniforms: ROW_UNIFORMS,
    reads: [["x", type], ["dy", type], ["gamma", type], ["means", "f32"], ["inverses", "f32"]],
    writes: [["dx", type]],
    wgsl: ({ subgroupSize, load, store }) => {
      const values = `
      let g = ${load("dy", "i")} * ${load("gamma", "c")};
      let n = (${load("x", "i")} - ${type}(mean)) * inverse;`;
      return {
        globals: `var<workgroup> sums: array<f32, ${THREADS}>;`,
        main: `${rowPrologue(layout)}
  var mean = 0.0;
  var inverse = 0.0;
  if (live) {
    mean = means[row];
    inverse = inverses[row];
  }
  var first = 0.0;
  var second = 0.0;${
          eachColumn(
            layout,
            `${values}
      first += ${total(layout, "g")};
      second += ${total(layout, "g * n")};`,
          )
        }${teamSum(["first", "second"], layout, subgroupSize)}
  first *= u.share;
  second *= u.share;${
          eachColumn(
            layout,
            `${values}
      ${store("dx", "i", `(g - ${type}(first) - n * second) * inverse`)}`,
          )
        }`,
      };
    },
  };
}

/** Outputs dx, dgamma and dbeta. */
export const layerNormGrad: Kernel<Record<never, never>> = {
  name: LAYER_NORM_GRAD,
  run({ inputs, backend }) {
    const { x, dy, gamma, mean, inverse } = inputs;
    const layout = rowLayout(x!);
    const dx = newActivation(backend, x!.shape);
    dispatch(backend, inputKernel(layout), {
      uniforms: [layout.rows, layout.cols, 1 / (layout.cols * layout.width)],
      reads: [x!, dy!, gamma!, mean!, inverse!],
      writes: [dx],
      grid: rowGrid(layout),
    });
    return [dx, ...parameterGradients(backend, inputs)];
  },
};

/** Sums of dy·n and of dy over rows. */
function parameterGradients(
  backend: WebGpuContext,
  inputs: Record<string, tf.TensorInfo>,
): [dgamma: tf.TensorInfo, dbeta: tf.TensorInfo] {
  const { x, dy, mean, inverse } = inputs;
  const channels = x!.shape.at(-1)!;
  const rows = sizeOf(x!) / channels;
  const columns = columnLayout(rows, channels);
  const { type, lanes, groups, parts, colBlocks } = columns;
  const sums = [0, 1].map(() => newOutput(backend, parts === 1 ? [channels] : [parts, channels]));
  const kernel: WgslKernel = {
    key: `${LAYER_NORM_GRAD}/parameters/${type}/${lanes}`,
    uniforms: COLUMN_UNIFORMS,
    reads: [["x", type], ["dy", type], ["means", "f32"], ["inverses", "f32"]],
    writes: [["gammas", type], ["betas", type]],
    wgsl: ({ subgroupSize, load, store }) => ({
      globals: `
var<workgroup> firsts: array<${type}, ${THREADS}>;
var<workgroup> seconds: array<${type}, ${THREADS}>;`,
      main: `${columnPrologue(columns)}
  var first = ${type}();
  var second = ${type}();
  if (col < u.cols) {
    for (var r = start + group; r < end; r += ${groups}u) {
      let d = ${load("dy", "r * u.cols + col")};
      first += d * ((${load("x", "r * u.cols + col")} - ${type}(means[r])) * inverses[r]);
      second += d;
    }
  }
  firsts[lid] = first;
  seconds[lid] = second;${treeSum(["firsts", "seconds"], subgroupSize, lanes)}
  if (group == 0u && col < u.cols && start < u.rows) {
    ${store("gammas", "part * u.cols + col", "firsts[lane]")}
    ${store("betas", "part * u.cols + col", "seconds[lane]")}
  }`,
    }),
  };
  dispatch(backend, kernel, {
    uniforms: columnUniforms(columns, rows),
    reads: [x!, dy!, mean!, inverse!],
    writes: sums,
    grid: linearGrid(colBlocks * parts),
  });
  if (parts === 1) return sums as [tf.TensorInfo, tf.TensorInfo];
  return sums.map((partial) => {
    const sum = columnSum(backend, { x: partial, rows: parts, channels, shape: [channels] });
    backend.disposeData(partial.dataId);
    return sum;
  }) as [tf.TensorInfo, tf.TensorInfo];
}
