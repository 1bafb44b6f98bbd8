/**
 * Split-K: long sums of matrix products, split into chunks that are added in a fixed order.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGpuContext } from "../context.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import { sizeOf } from "./kernel.ts";

/** Workgroups that occupy a large adapter. */
const ENOUGH_WORKGROUPS = 512;
/** Shortest chunk: with shorter ones, adding the chunks costs more than it gains. */
const SHORTEST = 512;
/** Most bytes of chunks. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * How the sum over k of a product `[m, n]` is split: a chunk is a multiple of every tile's depth. It
 * does not depend on the tile, so that results of all tiles are bit-identical.
 */
export function splitK(m: number, n: number, k: number): { chunk: number; splits: number } {
  const tiles = Math.ceil(m / 64) * Math.ceil(n / 64);
  const wanted = Math.min(
    Math.ceil(ENOUGH_WORKGROUPS / tiles),
    Math.ceil(k / SHORTEST),
    Math.floor(MOST_BYTES / (4 * m * n)),
  );
  const chunk = Math.ceil(k / Math.max(1, wanted) / 16) * 16;
  return { chunk, splits: Math.ceil(k / chunk) };
}

const ADD: WgslKernel = {
  key: "addChunks",
  uniforms: [["count", "u32"], ["splits", "u32"]],
  reads: [["parts", "f32"]],
  writes: [["y", "f32"]],
  wgsl: () => ({
    main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  var total = 0.0;
  for (var s = 0u; s < u.splits; s++) { total += parts[s * u.count + i]; }
  y[i] = total;`,
  }),
};

/** Adds `parts [splits, …]`, which it consumes, into a tensor of the given shape. */
export function addChunks(
  backend: WebGpuContext,
  parts: tf.TensorInfo,
  shape: number[],
): tf.TensorInfo {
  const sum = newOutput(backend, shape);
  const count = sizeOf(sum);
  dispatch(backend, ADD, {
    uniforms: [count, parts.shape[0]!],
    reads: [parts],
    writes: [sum],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  backend.disposeData(parts.dataId);
  return sum;
}
