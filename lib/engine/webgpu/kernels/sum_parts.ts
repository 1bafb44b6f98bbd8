/** Sums of everything, in a fixed order, so that repeats are equal bit for bit. */
import type * as tf from "@tensorflow/tfjs";
import { dispatch, linearGrid, output, THREADS, type WgslKernel } from "../dispatch.ts";
import type { TrainingBackend } from "../training_backend.ts";
import { sizeOf } from "./kernel.ts";

/**
 * WGSL that adds the 256 values of workgroup arrays into their first `lanes`, each of every
 * lanes-th value; ends in a barrier. With subgroups most of it needs none.
 *
 * @param switches `subgroup`: threads of a subgroup; 0: there are none.
 */
export function treeSum(
  arrays: string[],
  { subgroup, lanes = 1 }: { subgroup: number; lanes?: number },
): string {
  if (subgroup > lanes) return subgroupSum(arrays, { subgroup, lanes });
  let text = "\n  workgroupBarrier();";
  for (let step = THREADS / 2; step >= lanes; step /= 2) {
    const adds = arrays.map((a) => `${a}[lid] += ${a}[lid + ${step}u];`).join(" ");
    text += `\n  if (lid < ${step}u) { ${adds} }\n  workgroupBarrier();`;
  }
  return text;
}

/** Each subgroup adds its own values; a thread for each lane adds what the subgroups have. */
function subgroupSum(
  arrays: string[],
  { subgroup, lanes }: { subgroup: number; lanes: number },
): string {
  const each = (line: (a: string) => string) => arrays.map((a) => `    ${line(a)}`).join("\n");
  const steps: number[] = [];
  for (let step = subgroup / 2; step >= lanes; step /= 2) steps.push(step);
  return `
  {
${each((a) => `var own_${a} = ${a}[lid];`)}
${steps.map((s) => each((a) => `own_${a} += subgroupShuffleXor(own_${a}, ${s}u);`)).join("\n")}
    workgroupBarrier();
    let number = lid % ${subgroup}u;
    let slot = lid / ${subgroup}u * ${lanes}u + number;
    if (number < ${lanes}u) { ${arrays.map((a) => `${a}[slot] = own_${a};`).join(" ")} }
    workgroupBarrier();
    if (lid < ${lanes}u) {
      for (var other = lid + ${lanes}u; other < ${
    THREADS / subgroup * lanes
  }u; other += ${lanes}u) {
        ${arrays.map((a) => `${a}[lid] += ${a}[other];`).join(" ")}
      }
    }
    workgroupBarrier();
  }`;
}

const PER_THREAD = 16;

const WGSL: WgslKernel = {
  key: "sumAll",
  uniforms: [["count", "u32"], ["factor", "f32"]],
  reads: [["x", "f32"]],
  writes: [["y", "f32"]],
  wgsl: ({ subgroup }) => ({
    globals: `var<workgroup> sums: array<f32, ${THREADS}>;`,
    main: `
  let block = wid.y * grid.x + wid.x;
  let start = block * ${PER_THREAD * THREADS}u + lid;
  var total = 0.0;
  for (var j = 0u; j < ${PER_THREAD}u; j++) {
    let i = start + j * ${THREADS}u;
    if (i < u.count) { total += x[i]; }
  }
  sums[lid] = total;${treeSum(["sums"], { subgroup })}
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
