/**
 * Gradients of a bias, alone or behind a ReLU.
 *
 * @module
 */
import { BIAS_GRAD, BIAS_RELU_GRAD } from "../../ops/kernels.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, sizeOf } from "./kernel.ts";
import {
  COLUMN_UNIFORMS,
  type ColumnLayout,
  columnLayout,
  columnPrologue,
  columnSum,
  columnUniforms,
  treeSum,
} from "./reduction.ts";

/** dbias [c] = Σ dy over all pixels. */
export const biasGrad: Kernel<Record<never, never>> = {
  name: BIAS_GRAD,
  run({ inputs, backend }) {
    const x = inputs.dy!;
    const channels = x.shape.at(-1)!;
    const rows = sizeOf(x) / channels;
    return columnSum(backend, { x, rows, channels, shape: [channels] });
  },
};

/** masked = dy·(y > 0) and dbias [c] = Σ masked, reading dy and y once. */
export const biasReluGrad: Kernel<Record<never, never>> = {
  name: BIAS_RELU_GRAD,
  run({ inputs, backend }) {
    const { dy, y } = inputs;
    const channels = dy!.shape.at(-1)!;
    const rows = sizeOf(dy!) / channels;
    const columns = columnLayout(rows, channels);
    const { parts, colBlocks } = columns;
    const masked = newActivation(backend, dy!.shape);
    const sums = newOutput(backend, parts === 1 ? [channels] : [parts, channels]);
    dispatch(backend, maskKernel(columns), {
      uniforms: columnUniforms(columns, rows),
      reads: [dy!, y!],
      writes: [masked, sums],
      grid: linearGrid(colBlocks * parts),
    });
    if (parts === 1) return [masked, sums];
    const options = { x: sums, rows: parts, channels, shape: [channels] };
    const dbias = columnSum(backend, options);
    backend.disposeData(sums.dataId);
    return [masked, dbias];
  },
};

function maskKernel(columns: ColumnLayout): WgslKernel {
  const { type, lanes, groups } = columns;
  return {
    key: `${BIAS_RELU_GRAD}/${type}/${lanes}`,
    uniforms: COLUMN_UNIFORMS,
    reads: [["dy", type], ["y", type]],
    writes: [["masked", type], ["sums", type]],
    wgsl: ({ subgroupSize, load, store }) => ({
      globals: `var<workgroup> totals: array<${type}, ${THREADS}>;`,
      main: `${columnPrologue(columns)}
  var total = ${type}();
  if (col < u.cols) {
    for (var r = start + group; r < end; r += ${groups}u) {
      let i = r * u.cols + col;
      let d = select(${type}(), ${load("dy", "i")}, ${load("y", "i")} > ${type}());
      ${store("masked", "i", "d")}
      total += d;
    }
  }
  totals[lid] = total;${treeSum(["totals"], subgroupSize, lanes)}
  if (group == 0u && col < u.cols && start < u.rows) { ${
        store("sums", "part * u.cols + col", "totals[lane]")
      } }`,
    }),
  };
}
