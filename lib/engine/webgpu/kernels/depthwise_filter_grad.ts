/**
 * Gradient of a depthwise convolution at its filter: a reduction over all output pixels, a filter row
 * at a time.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { DEPTHWISE_FILTER_GRAD } from "../../ops/depthwise_conv.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import {
  type DepthwiseAttrs,
  type DepthwiseInfo,
  depthwiseInfo,
  depthwiseKey,
} from "./depthwise_conv.ts";
import { type Kernel, type KernelCall, sizeOf } from "./kernel.ts";
import { type ColumnLayout, columnLayout, columnSum, treeSum } from "./reduction.ts";

const UNIFORMS: WgslKernel["uniforms"] = [
  "rows",
  "cols",
  "colBlocks",
  "rowsPer",
  ...["h", "w", "oh", "ow", "top", "left"],
].map((name) => [name, "i32"]);

/** A workgroup takes some output channels, a block of pixels, and the taps of one row of the filter. */
function kernelOf(info: DepthwiseInfo, columns: ColumnLayout): WgslKernel {
  const { type, lanes, groups, width } = columns;
  const { filterHeight: kh, filterWidth: kw, strideHeight: sy, strideWidth: sx } = info;
  const { dilationHeight, dilationWidth } = info;
  const m = info.outChannels / info.inChannels;
  // Index of x, in vectors where there is one kernel a channel
  const pixel = "((image * u.h + iy) * u.w + ix)";
  const from = m === 1 ? `${pixel} * u.cols + col` : `${pixel} * (u.cols / ${m}) + col / ${m}`;
  const taps = Array.from({ length: kw }, (_, b) => b);
  return {
    key: `${depthwiseKey(DEPTHWISE_FILTER_GRAD, info, width)}/${lanes}`,
    uniforms: UNIFORMS,
    reads: [["x", type], ["dy", type]],
    writes: [["parts", type]],
    wgsl: ({ subgroupSize, load, store }) => ({
      globals: `var<workgroup> sums: array<${type}, ${THREADS}>;`,
      main: `
  let block = i32(wid.y * grid.x + wid.x);
  let a = block % ${kh};
  let lane = i32(lid) % ${lanes};
  let group = i32(lid) / ${lanes};
  let col = (block / ${kh}) % u.colBlocks * ${lanes} + lane;
  let part = block / ${kh} / u.colBlocks;
  let start = part * u.rowsPer;
  let end = min(start + u.rowsPer, u.rows);
  ${taps.map((b) => `var total${b} = ${type}();`).join("\n  ")}
  if (col < u.cols) {
    for (var r = start + group; r < end; r += ${groups}) {
      let image = r / (u.oh * u.ow);
      let iy = (r / u.ow) % u.oh * ${sy} - u.top + a * ${dilationHeight};
      if (iy < 0 || iy >= u.h) { continue; }
      let startX = r % u.ow * ${sx} - u.left;
      let g = ${load("dy", "r * u.cols + col")};
      ${
        taps.map((b) =>
          `{
        let ix = startX + ${b * dilationWidth};
        if (ix >= 0 && ix < u.w) { total${b} += g * ${load("x", from)}; }
      }`
        ).join("\n      ")
      }
    }
  }
  let live = group == 0 && col < u.cols && start < u.rows;${
        taps.map((b) => `
  workgroupBarrier();
  sums[lid] = total${b};${treeSum(["sums"], subgroupSize, lanes)}
  if (live) {
    ${store("parts", `((part * ${kh} + a) * ${kw} + ${b}) * u.cols + col`, "sums[lane]")}
  }`).join("")
      }`,
    }),
  };
}

function filterGradient(
  { inputs, attrs, backend }: KernelCall<DepthwiseAttrs & { filterShape: number[] }>,
): tf.TensorInfo {
  const { x, dy } = inputs;
  const { filterShape } = attrs;
  const info = depthwiseInfo(x!.shape, filterShape, attrs);
  const channels = info.outChannels;
  const rows = sizeOf(dy!) / channels;
  // With several kernels a channel, neighbours in dy are not neighbours in x
  const whole = columnLayout(rows, channels);
  const columns = channels === info.inChannels || whole.width === 1
    ? whole
    : scalar(rows, channels);
  const { parts, colBlocks, cols, rowsPer } = columns;
  const size = filterShape.reduce((product, d) => product * d, 1);
  const sums = newOutput(backend, parts === 1 ? filterShape : [parts, size]);
  const { inHeight, inWidth, outHeight, outWidth, padInfo: { top, left } } = info;
  dispatch(backend, kernelOf(info, columns), {
    uniforms: [rows, cols, colBlocks, rowsPer, inHeight, inWidth, outHeight, outWidth, top, left],
    reads: [x!, dy!],
    writes: [sums],
    grid: linearGrid(info.filterHeight * colBlocks * parts),
  });
  if (parts === 1) return sums;
  const total = columnSum(backend, { x: sums, rows: parts, channels: size, shape: filterShape });
  backend.disposeData(sums.dataId);
  return total;
}

/** A layout with a channel a column. */
function scalar(rows: number, channels: number): ColumnLayout {
  const odd = columnLayout(rows, channels + 1 - channels % 2);
  const lanes = Math.min(64, 2 ** Math.ceil(Math.log2(channels)));
  const rowsPer = odd.rowsPer;
  return {
    ...odd,
    ...{ width: 1, type: "f32", cols: channels, lanes, groups: THREADS / lanes, rowsPer },
    colBlocks: Math.ceil(channels / lanes),
  };
}

/** Under tfjs's name and under the engine's, which knows dilations. */
export const depthwiseFilterGrads: Kernel<DepthwiseAttrs & { filterShape: number[] }>[] = [
  { name: "DepthwiseConv2dNativeBackpropFilter", run: filterGradient },
  { name: DEPTHWISE_FILTER_GRAD, run: filterGradient },
];
