/**
 * Concatenation of channels and its gradient for tensors in float16 storage; others go to tfjs's
 * kernels.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGpuContext } from "../context.ts";
import { dispatch, linearGrid } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, sizeOf, tfjsKernel } from "./kernel.ts";

interface SplitAttrs {
  axis: number;
  numOrSizeSplits: number | number[];
}

/** Copies rows of `cols` vectors between matrices of other widths. */
const COPY: WgslKernel = {
  key: "copyColumns",
  uniforms: ["count", "cols", "xCols", "xFirst", "yCols", "yFirst"].map((name) => [name, "u32"]),
  reads: [["x", "vec4<f32>"]],
  writes: [["y", "vec4<f32>"]],
  wgsl: ({ load, store }) => ({
    main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  let row = i / u.cols;
  let col = i % u.cols;
  ${store("y", "row * u.yCols + u.yFirst + col", load("x", "row * u.xCols + u.xFirst + col"))}`,
  }),
};

/** Whether tensors are joined or cut at whole vectors of their last axis, and stored in 16 bits. */
function isCovered(
  backend: WebGpuContext,
  parts: tf.TensorInfo[],
  { axis, sizes }: { axis: number; sizes: number[] },
): boolean {
  return axis === parts[0]!.shape.length - 1 && sizes.every((size) => size % 4 === 0) &&
    parts.some((part) => backend.isFloat16(part)) &&
    parts.every(({ dtype }) => dtype === "float32");
}

/** Copies between `x`, from channel `from` on, and `y`, from channel `to` on. */
function copyChannels(
  backend: WebGpuContext,
  copy: { x: tf.TensorInfo; from: number; y: tf.TensorInfo; to: number; channels: number },
): void {
  const { x, from, y, to, channels } = copy;
  const [xChannels, yChannels] = [x.shape.at(-1)!, y.shape.at(-1)!];
  const count = sizeOf(x) / xChannels * channels / 4;
  dispatch(backend, COPY, {
    uniforms: [count, channels / 4, xChannels / 4, from / 4, yChannels / 4, to / 4],
    reads: [x],
    writes: [y],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
}

/** Concat. */
export const concatChannels: Kernel<{ axis: number }> = {
  name: "Concat",
  run(call) {
    const { inputs, attrs, backend } = call;
    const parts = Object.values(inputs);
    const axis = tf.util.parseAxisParam(attrs.axis, parts[0]!.shape)[0]!;
    const sizes = parts.map((part) => part.shape.at(-1)!);
    if (!isCovered(backend, parts, { axis, sizes })) {
      return tfjsKernel<{ axis: number }>("Concat")(call);
    }
    const shape = parts[0]!.shape.with(-1, sizes.reduce((sum, size) => sum + size, 0));
    const y = newActivation(backend, shape);
    let to = 0;
    for (const [i, x] of parts.entries()) {
      copyChannels(backend, { x, from: 0, y, to, channels: sizes[i]! });
      to += sizes[i]!;
    }
    return y;
  },
};

/** SplitV, the gradient of Concat. */
export const splitV: Kernel<SplitAttrs> = {
  name: "SplitV",
  run(call) {
    const { inputs, attrs, backend } = call;
    const x = inputs.x!;
    const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0]!;
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, attrs.numOrSizeSplits, axis);
    if (!isCovered(backend, [x], { axis, sizes })) {
      return tfjsKernel<SplitAttrs>("SplitV")(call);
    }
    let from = 0;
    return sizes.map((channels) => {
      const y = newActivation(backend, x.shape.with(-1, channels));
      copyChannels(backend, { x, from, y, to: 0, channels });
      from += channels;
      return y;
    });
  },
};
