/**
 * Temperature softmax, cross-entropy and its gradient.
 *
 * @module
 */
import { SOFTMAX_CROSS_ENTROPY, type SoftmaxCrossEntropyAttrs } from "../../ops/kernels.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import type { Kernel } from "./kernel.ts";
import { sumAll, treeSum } from "./reduction.ts";

const WGSL: WgslKernel = {
  key: SOFTMAX_CROSS_ENTROPY,
  uniforms: [["rows", "u32"], ["classes", "u32"], ["inverseT", "f32"], ["scale", "f32"]],
  reads: [["logits", "f32"], ["labels", "i32"]],
  writes: [["losses", "f32"], ["dlogits", "f32"]],
  wgsl: ({ subgroupSize }) => ({
    globals: `var<workgroup> sums: array<f32, ${THREADS}>;`,
    main: `
  let block = wid.y * grid.x + wid.x;
  let row = block * ${THREADS}u + lid;
  var loss = 0.0;
  if (row < u.rows) {
    let start = row * u.classes;
    let label = labels[row];
    if (label < 0 || u32(label) >= u.classes) {
      for (var c = 0u; c < u.classes; c++) { dlogits[start + c] = 0.0; }
    } else {
      var top = logits[start];
      for (var c = 1u; c < u.classes; c++) { top = max(top, logits[start + c]); }
      var total = 0.0;
      for (var c = 0u; c < u.classes; c++) { total += exp((logits[start + c] - top) * u.inverseT); }
      let slope = u.scale * u.inverseT;
      for (var c = 0u; c < u.classes; c++) {
        let p = exp((logits[start + c] - top) * u.inverseT) / total;
        dlogits[start + c] = slope * (p - select(0.0, 1.0, c == u32(label)));
      }
      loss = log(total) - (logits[start + u32(label)] - top) * u.inverseT;
    }
  }
  sums[lid] = loss;${treeSum(["sums"], subgroupSize)}
  if (lid == 0u) { losses[block] = u.scale * sums[0]; }`,
  }),
};

/** Loss and gradient in one pass; a second, tiny one adds the losses of the workgroups. */
export const softmaxCrossEntropy: Kernel<SoftmaxCrossEntropyAttrs> = {
  name: SOFTMAX_CROSS_ENTROPY,
  run({ inputs, attrs, backend }) {
    const { logits, labels } = inputs;
    const [rows, classes] = logits!.shape as [number, number];
    const grid = linearGrid(Math.ceil(rows / THREADS));
    const losses = newOutput(backend, [grid[0] * grid[1]]);
    const dlogits = newOutput(backend, [rows, classes]);
    dispatch(backend, WGSL, {
      uniforms: [rows, classes, 1 / attrs.temperature, attrs.scale],
      reads: [logits!, labels!],
      writes: [losses, dlogits],
      grid,
    });
    const loss = sumAll(backend, { x: losses, shape: [] });
    backend.disposeData(losses.dataId);
    return [loss, dlogits];
  },
};
