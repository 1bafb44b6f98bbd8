/**
 * Means of maps over height and width, products with a factor for each channel, and their gradients.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import {
  GLOBAL_AVERAGE_POOL,
  GLOBAL_AVERAGE_POOL_GRAD,
  SCALE_CHANNELS,
  SCALE_CHANNELS_GRAD,
} from "../../ops/channel_maps.ts";
import type { WebGpuContext } from "../context.ts";
import { dispatch, linearGrid } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import type { Kernel } from "./kernel.ts";
import { columnLayout, treeSum } from "./reduction.ts";

/** Images, pixels of one, channels. */
function sizesOf({ shape }: tf.TensorInfo): { batch: number; pixels: number; channels: number } {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return { batch, pixels: height * width, channels };
}

/** factor·Σ x·y over the pixels of each image; y is 1 where there is none. */
function sums(
  backend: WebGpuContext,
  given: { x: tf.TensorInfo; y?: tf.TensorInfo; factor: number },
): tf.TensorInfo {
  const { x, y, factor } = given;
  const { batch, pixels, channels } = sizesOf(x);
  const { type, lanes, groups, cols, colBlocks } = columnLayout(pixels, channels);
  const kernel: WgslKernel = {
    key: `channelSums/${type}/${lanes}/${y !== undefined}`,
    uniforms: [
      ...(["pixels", "cols", "colBlocks", "batch"] as const).map((
        n,
      ): [string, "u32"] => [n, "u32"]),
      ["factor", "f32"],
    ],
    reads: [["x", type], ...(y ? [["y", type] as [string, typeof type]] : [])],
    writes: [["out", type]],
    wgsl: ({ subgroupSize, load, store }) => ({
      globals: `var<workgroup> sums: array<${type}, ${THREADS}>;`,
      main: `
  let block = wid.y * grid.x + wid.x;
  let lane = lid % ${lanes}u;
  let group = lid / ${lanes}u;
  let col = (block % u.colBlocks) * ${lanes}u + lane;
  let image = block / u.colBlocks;
  var total = ${type}();
  if (col < u.cols && image < u.batch) {
    for (var r = group; r < u.pixels; r += ${groups}u) {
      let i = (image * u.pixels + r) * u.cols + col;
      total += ${load("x", "i")}${y ? ` * ${load("y", "i")}` : ""};
    }
  }
  sums[lid] = total;${treeSum(["sums"], subgroupSize, lanes)}
  if (group == 0u && col < u.cols && image < u.batch) {
    ${store("out", "image * u.cols + col", "sums[lane] * u.factor")}
  }`,
    }),
  };
  const out = newActivation(backend, [batch, 1, 1, channels]);
  dispatch(backend, kernel, {
    uniforms: [pixels, cols, colBlocks, batch, factor],
    reads: y ? [x, y] : [x],
    writes: [out],
    grid: linearGrid(batch * colBlocks),
  });
  return out;
}

/** factor·x·factors of each pixel's image; x is 1 where there is none. */
function scale(
  backend: WebGpuContext,
  given: { x: tf.TensorInfo | null; factors: tf.TensorInfo; shape: number[]; factor: number },
): tf.TensorInfo {
  const { x, factors, shape, factor } = given;
  const out = newActivation(backend, shape);
  const { batch, pixels, channels } = sizesOf(out);
  const lanes = channels % 4 === 0 ? 4 : 1;
  const type = lanes === 4 ? "vec4<f32>" : "f32";
  const kernel: WgslKernel = {
    key: `channelScale/${type}/${x !== null}`,
    uniforms: [["count", "u32"], ["pixels", "u32"], ["cols", "u32"], ["factor", "f32"]],
    reads: [["factors", type], ...(x ? [["x", type] as [string, typeof type]] : [])],
    writes: [["out", type]],
    wgsl: ({ load, store }) => ({
      main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  let image = i / (u.cols * u.pixels);
  let value = ${load("factors", "image * u.cols + i % u.cols")} * u.factor;
  ${store("out", "i", x ? `value * ${load("x", "i")}` : "value")}`,
    }),
  };
  const count = batch * pixels * channels / lanes;
  dispatch(backend, kernel, {
    uniforms: [count, pixels, channels / lanes, factor],
    reads: x ? [factors, x] : [factors],
    writes: [out],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  return out;
}

/** Mean over height and width. */
export const globalAveragePool: Kernel<Record<never, never>> = {
  name: GLOBAL_AVERAGE_POOL,
  run: ({ inputs: { x }, backend }) => sums(backend, { x: x!, factor: 1 / sizesOf(x!).pixels }),
};

/** Each pixel's share of a mean's gradient. */
export const globalAveragePoolGrad: Kernel<{ inputShape: number[] }> = {
  name: GLOBAL_AVERAGE_POOL_GRAD,
  run({ inputs: { dy }, attrs: { inputShape: shape }, backend }) {
    const [, height, width] = shape as [number, number, number, number];
    return scale(backend, { x: null, factors: dy!, shape, factor: 1 / (height * width) });
  },
};

/** x times one factor for each image and channel. */
export const scaleChannels: Kernel<Record<never, never>> = {
  name: SCALE_CHANNELS,
  run: ({ inputs: { x, factors }, backend }) =>
    scale(backend, { x: x!, factors: factors!, shape: x!.shape, factor: 1 }),
};

/** dy·factors, and Σ dy·x. */
export const scaleChannelsGrad: Kernel<Record<never, never>> = {
  name: SCALE_CHANNELS_GRAD,
  run: ({ inputs: { x, factors, dy }, backend }) => [
    scale(backend, { x: dy!, factors: factors!, shape: x!.shape, factor: 1 }),
    sums(backend, { x: x!, y: dy!, factor: 1 }),
  ],
};
