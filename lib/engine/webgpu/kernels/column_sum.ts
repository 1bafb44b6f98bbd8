/** Sums of the columns of a matrix, in a fixed order. */
import type * as tf from "@tensorflow/tfjs";
import { dispatch, linearGrid, output, THREADS, type WgslKernel } from "../dispatch.ts";
import type { TrainingBackend } from "../training_backend.ts";
import {
  COLUMN_UNIFORMS,
  columnPrologue,
  type Columns,
  columnsOf,
  columnUniforms,
} from "./columns.ts";
import { treeSum } from "./sum_parts.ts";

/** Sums `x`, read as `[rows, channels]`, over its rows; the result gets the given shape. */
export function columnSum(
  backend: TrainingBackend,
  options: {
    x: tf.TensorInfo;
    rows: number;
    channels: number;
    shape: number[];
    factor?: number;
  },
): tf.TensorInfo {
  const { x, rows, channels, shape, factor = 1 } = options;
  const columns = columnsOf(rows, channels);
  const { parts } = columns;
  const last = parts === 1;
  const y = output(backend, last ? shape : [parts, channels]);
  dispatch(backend, kernelOf(columns), {
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

function kernelOf(columns: Columns): WgslKernel {
  const { type, lanes, groups } = columns;
  return {
    key: `columnSum/${type}/${lanes}`,
    uniforms: [...COLUMN_UNIFORMS, ["factor", "f32"]],
    reads: [["x", type]],
    writes: [["y", type]],
    wgsl: ({ subgroup }) => ({
      globals: `var<workgroup> sums: array<${type}, ${THREADS}>;`,
      main: `${columnPrologue(columns)}
  var total = ${type}();
  if (col < u.cols) {
    for (var r = start + group; r < end; r += ${groups}u) { total += x[r * u.cols + col]; }
  }
  sums[lid] = total;${treeSum(["sums"], { subgroup, lanes })}
  if (group == 0u && col < u.cols && start < u.rows) {
    y[part * u.cols + col] = u.factor * sums[lane];
  }`,
    }),
  };
}
