/** Sums of everything, in a fixed order, so that repeats are equal bit for bit. */
import type * as tf from "@tensorflow/tfjs";
import { dispatch, linearGrid, output, THREADS, type WgslKernel } from "../dispatch.ts";
import type { TrainingBackend } from "../training_backend.ts";
import { sizeOf } from "./_kernel.ts";

/**
 * WGSL that adds the 256 values of workgroup arrays into their first `lanes`, each of every
 * lanes-th value; ends in a barrier.
 */
export function treeSum(arrays: string[], lanes = 1): string {
  let text = "\n  workgroupBarrier();";
  for (let step = THREADS / 2; step >= lanes; step /= 2) {
    const adds = arrays.map((a) => `${a}[lid] += ${a}[lid + ${step}u];`).join(" ");
    text += `\n  if (lid < ${step}u) { ${adds} }\n  workgroupBarrier();`;
  }
  return text;
}

const PER_THREAD = 16;

const WGSL: WgslKernel = {
  key: "sumAll",
  uniforms: [["count", "u32"], ["factor", "f32"]],
  reads: [["x", "f32"]],
  writes: [["y", "f32"]],
  wgsl: () => ({
    globals: `var<workgroup> sums: array<f32, ${THREADS}>;`,
    main: `
  let block = wid.y * grid.x + wid.x;
  let start = block * ${PER_THREAD * THREADS}u + lid;
  var total = 0.0;
  for (var j = 0u; j < ${PER_THREAD}u; j++) {
    let i = start + j * ${THREADS}u;
    if (i < u.count) { total += x[i]; }
  }
  sums[lid] = total;${treeSum(["sums"])}
  if (lid == 0u) { y[block] = u.factor * sums[0]; }`,
  }),
};

/** Sum of all values, as a tensor of the given shape of one value. */
export function sumAll(
  backend: TrainingBackend,
  options: { x: tf.TensorInfo; shape: number[]; factor?: number },
): tf.TensorInfo {
  const { x, shape, factor = 1 } = options;
  const count = sizeOf(x);
  const grid = linearGrid(Math.ceil(count / (PER_THREAD * THREADS)));
  const blocks = grid[0] * grid[1];
  const last = blocks === 1;
  const y = output(backend, last ? shape : [blocks]);
  const uniforms = [count, last ? factor : 1];
  dispatch(backend, WGSL, { uniforms, reads: [x], writes: [y], grid });
  if (last) return y;
  const sum = sumAll(backend, { x: y, shape, factor });
  backend.disposeData(y.dataId);
  return sum;
}
