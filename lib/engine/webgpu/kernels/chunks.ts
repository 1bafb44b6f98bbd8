/** Long sums of matrix products, split into chunks that are added in a fixed order. */
import type * as tf from "@tensorflow/tfjs";
import { dispatch, linearGrid, output, THREADS, type WgslKernel } from "../dispatch.ts";
import type { TrainingBackend } from "../training_backend.ts";

/** Workgroups that fill a large adapter. */
const ENOUGH_WORKGROUPS = 512;
/** Shortest chunk: below, adding the chunks costs more than it gains. */
const SHORTEST = 512;
/** Most bytes of chunks. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * How the sum over k of a product `[m, n]` is split: a chunk is a multiple of every tile's depth. The
 * tile itself has no say, so that whichever is fastest here gives the bits of all others.
 */
export function chunksOf(
  { m, n, k }: { m: number; n: number; k: number },
): { chunk: number; splits: number } {
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
  backend: TrainingBackend,
  { parts, splits, shape }: { parts: tf.TensorInfo; splits: number; shape: number[] },
): tf.TensorInfo {
  const sum = output(backend, shape);
  const count = shape.reduce((product, d) => product * d, 1);
  dispatch(backend, ADD, {
    uniforms: [count, splits],
    reads: [parts],
    writes: [sum],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  backend.disposeData(parts.dataId);
  return sum;
}
