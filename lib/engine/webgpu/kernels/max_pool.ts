/**
 * Max pooling and its gradient.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { dispatch, linearGrid } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, sizeOf, tfjsKernel } from "./kernel.ts";

/** Attributes of tfjs's pooling kernels. */
interface PoolAttrs {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  dimRoundingMode?: "floor" | "round" | "ceil";
}

const UNIFORMS = ["count", "h", "w", "c", "oh", "ow", "top", "left"].map(
  (name) => [name, "i32"] as [string, "i32"],
);

/** Sizes of a pooling of x [b,h,w,c]. */
function poolSizes(shape: number[], attrs: PoolAttrs): tf.backend_util.Conv2DInfo {
  return tf.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

/** y [b,oh,ow,c]; channel counts that are no multiple of four go to tfjs's kernel. */
export const maxPool: Kernel<PoolAttrs> = {
  name: "MaxPool",
  run(call) {
    const { inputs, attrs, backend } = call;
    const x = inputs.x!;
    const info = poolSizes(x.shape, attrs);
    if (info.inChannels % 4 !== 0) {
      return tfjsKernel<PoolAttrs>("MaxPool")(call);
    }
    const y = newActivation(backend, info.outShape);
    const count = sizeOf(y) / 4;
    const { inHeight, inWidth, outHeight, outWidth, padInfo } = info;
    dispatch(backend, forwardKernel(info), {
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

function forwardKernel(info: tf.backend_util.Conv2DInfo): WgslKernel {
  const { filterHeight: kh, filterWidth: kw, strideHeight: sy, strideWidth: sx } = info;
  return {
    key: ["maxPool", kh, kw, sy, sx].join("/"),
    uniforms: UNIFORMS,
    reads: [["x", "vec4<f32>"]],
    writes: [["y", "vec4<f32>"]],
    wgsl: ({ load, store }) => ({
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
      top = max(top, ${load("x", "((image * u.h + iy) * u.w + ix) * u.c + ch")});
    }
  }
  ${store("y", "i", "top")}`,
    }),
  };
}

/**
 * dx [b,h,w,c] from dy [b,oh,ow,c], the pooled x and y, as a gather: each pixel adds dy of the windows
 * whose first maximum it is. One pass, no tensor of positions, no atomics.
 */
export const maxPoolGrad: Kernel<PoolAttrs> = {
  name: "MaxPoolGrad",
  run({ inputs, attrs, backend }) {
    const { dy, input: x, output: y } = inputs;
    const info = poolSizes(x!.shape, attrs);
    const lanes = info.inChannels % 4 === 0 ? 4 : 1;
    const dx = newActivation(backend, x!.shape);
    const count = sizeOf(dx) / lanes;
    const { inHeight, inWidth, outHeight, outWidth, padInfo } = info;
    const sizes = [inHeight, inWidth, info.inChannels / lanes, outHeight, outWidth];
    dispatch(backend, gradientKernel(info, lanes), {
      uniforms: [count, ...sizes, padInfo.top, padInfo.left],
      reads: [x!, y!, dy!],
      writes: [dx],
      grid: linearGrid(Math.ceil(count / THREADS)),
    });
    return dx;
  },
};

function gradientKernel(info: tf.backend_util.Conv2DInfo, lanes: 1 | 4): WgslKernel {
  const { filterHeight: kh, filterWidth: kw, strideHeight: sy, strideWidth: sx } = info;
  const type = lanes === 4 ? "vec4<f32>" : "f32";
  const bool = lanes === 4 ? "vec4<bool>" : "bool";
  return {
    key: ["maxPoolGrad", kh, kw, sy, sx, lanes].join("/"),
    uniforms: UNIFORMS,
    reads: [["x", type], ["y", type], ["dy", type]],
    writes: [["dx", type]],
    wgsl: ({ load, store }) => ({
      main: `
  let i = i32((wid.y * grid.x + wid.x) * ${THREADS}u + lid);
  if (i >= u.count) { return; }
  let ch = i % u.c;
  let ix = (i / u.c) % u.w;
  let iy = (i / (u.c * u.w)) % u.h;
  let image = i / (u.c * u.w * u.h);
  let value = ${load("x", "i")};
  var total = ${type}();
  let lastY = min((iy + u.top) / ${sy}, u.oh - 1);
  let lastX = min((ix + u.left) / ${sx}, u.ow - 1);
  for (var oy = max(0, (iy + u.top - ${kh} + ${sy}) / ${sy}); oy <= lastY; oy++) {
    for (var ox = max(0, (ix + u.left - ${kw} + ${sx}) / ${sx}); ox <= lastX; ox++) {
      let o = ((image * u.oh + oy) * u.ow + ox) * u.c + ch;
      let top = ${load("y", "o")};
      var first = ${bool}(value == top);
      let startX = max(0, ox * ${sx} - u.left);
      let endX = min(u.w, ox * ${sx} - u.left + ${kw});
      for (var py = max(0, oy * ${sy} - u.top); py <= iy; py++) {
        for (var px = startX; px < select(endX, ix, py == iy); px++) {
          let before = ${load("x", "((image * u.h + py) * u.w + px) * u.c + ch")};
          first = first & (before != top);
        }
      }
      total += select(${type}(), ${load("dy", "o")}, first);
    }
  }
  ${store("dx", "i", "total")}`,
    }),
  };
}
