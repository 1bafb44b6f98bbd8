/**
 * Gradient of max pooling as a gather: each pixel asks the windows that hold it whether it was
 * their first maximum. One pass, no tensor of positions, no atomics.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { dispatch, linearGrid, THREADS, type WgslKernel } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { type Kernel, sizeOf } from "./kernel.ts";
import { type PoolAttrs, poolSizes } from "./max_pool.ts";

/** dx [b,h,w,c] from dy [b,oh,ow,c], the pooled x and y. */
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
    dispatch(backend, kernelOf(info, lanes), {
      uniforms: [count, ...sizes, padInfo.top, padInfo.left],
      reads: [x!, y!, dy!],
      writes: [dx],
      grid: linearGrid(Math.ceil(count / THREADS)),
    });
    return dx;
  },
};

function kernelOf(info: tf.backend_util.Conv2DInfo, lanes: 1 | 4): WgslKernel {
  const { filterHeight: kh, filterWidth: kw, strideHeight: sy, strideWidth: sx } = info;
  const type = lanes === 4 ? "vec4<f32>" : "f32";
  const bool = lanes === 4 ? "vec4<bool>" : "bool";
  return {
    key: ["maxPoolGrad", kh, kw, sy, sx, lanes].join("/"),
    uniforms: ["count", "h", "w", "c", "oh", "ow", "top", "left"].map(
      (name) => [name, "i32"] as [string, "i32"],
    ),
    reads: [["x", type], ["y", type], ["dy", type]],
    writes: [["dx", type]],
    wgsl: () => ({
      main: `
  let i = i32((wid.y * grid.x + wid.x) * ${THREADS}u + lid);
  if (i >= u.count) { return; }
  let ch = i % u.c;
  let ix = (i / u.c) % u.w;
  let iy = (i / (u.c * u.w)) % u.h;
  let image = i / (u.c * u.w * u.h);
  let value = x[i];
  var total = ${type}();
  let lastY = min((iy + u.top) / ${sy}, u.oh - 1);
  let lastX = min((ix + u.left) / ${sx}, u.ow - 1);
  for (var oy = max(0, (iy + u.top - ${kh} + ${sy}) / ${sy}); oy <= lastY; oy++) {
    for (var ox = max(0, (ix + u.left - ${kw} + ${sx}) / ${sx}); ox <= lastX; ox++) {
      let o = ((image * u.oh + oy) * u.ow + ox) * u.c + ch;
      let top = y[o];
      var first = ${bool}(value == top);
      let startX = max(0, ox * ${sx} - u.left);
      let endX = min(u.w, ox * ${sx} - u.left + ${kw});
      for (var py = max(0, oy * ${sy} - u.top); py <= iy; py++) {
        for (var px = startX; px < select(endX, ix, py == iy); px++) {
          let before = x[((image * u.h + py) * u.w + px) * u.c + ch];
          first = first & (before != top);
        }
      }
      total += select(${type}(), dy[o], first);
    }
  }
  dx[i] = total;`,
    }),
  };
}
