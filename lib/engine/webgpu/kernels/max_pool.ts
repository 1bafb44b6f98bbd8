/**
 * Max pooling, four channels a thread.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { dispatch, linearGrid, THREADS, type WgslKernel } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { type Kernel, sizeOf } from "./kernel.ts";
import { stockKernel } from "./tfjs_kernels.ts";

/** Attributes of tfjs's pooling kernels. */
export interface PoolAttrs {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  dimRoundingMode?: "floor" | "round" | "ceil";
}

/** Sizes of a pooling of x [b,h,w,c]. */
export function poolSizes(shape: number[], attrs: PoolAttrs): tf.backend_util.Conv2DInfo {
  return tf.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

/** y [b,oh,ow,c]; channels that do not come in fours go to the stock kernel. */
export const maxPool: Kernel<PoolAttrs> = {
  name: "MaxPool",
  run(call) {
    const { inputs, attrs, backend } = call;
    const x = inputs.x!;
    const info = poolSizes(x.shape, attrs);
    if (info.inChannels % 4 !== 0) {
      return stockKernel<PoolAttrs>("MaxPool")(call);
    }
    const y = newActivation(backend, info.outShape);
    const count = sizeOf(y) / 4;
    const { inHeight, inWidth, outHeight, outWidth, padInfo } = info;
    dispatch(backend, kernelOf(info), {
      uniforms: [
        count,
        ...[inHeight, inWidth, info.inChannels / 4, outHeight, outWidth],
        ...[padInfo.top, padInfo.left],
      ],
      reads: [x],
      writes: [y],
      grid: linearGrid(Math.ceil(count / THREADS)),
    });
    return y;
  },
};

function kernelOf(info: tf.backend_util.Conv2DInfo): WgslKernel {
  const { filterHeight: kh, filterWidth: kw, strideHeight: sy, strideWidth: sx } = info;
  return {
    key: ["maxPool", kh, kw, sy, sx].join("/"),
    uniforms: ["count", "h", "w", "c", "oh", "ow", "top", "left"].map(
      (name) => [name, "i32"] as [string, "i32"],
    ),
    reads: [["x", "vec4<f32>"]],
    writes: [["y", "vec4<f32>"]],
    wgsl: () => ({
      main: `
  let i = i32((wid.y * grid.x + wid.x) * ${THREADS}u + lid);
  if (i >= u.count) { return; }
  let ch = i % u.c;
  let startX = (i / u.c) % u.ow * ${sx} - u.left;
  let startY = (i / (u.c * u.ow)) % u.oh * ${sy} - u.top;
  let image = i / (u.c * u.ow * u.oh);
  let endX = min(startX + ${kw}, u.w);
  let endY = min(startY + ${kh}, u.h);
  var top = vec4<f32>(-3.4028234e38);
  for (var iy = max(0, startY); iy < endY; iy++) {
    for (var ix = max(0, startX); ix < endX; ix++) {
      top = max(top, x[((image * u.h + iy) * u.w + ix) * u.c + ch]);
    }
  }
  y[i] = top;`,
    }),
  };
}
