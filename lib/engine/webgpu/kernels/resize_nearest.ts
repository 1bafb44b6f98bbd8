/**
 * Enlargement that repeats pixels, and its gradient, the sums over the blocks.
 *
 * @module
 */
import { RESIZE_NEAREST, RESIZE_NEAREST_GRAD, type ResizeNearestAttrs } from "../../ops/kernels.ts";
import { dispatch, linearGrid } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { type KernelTemplate, THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, sizeOf } from "./kernel.ts";

/** One value of y a thread, which stands at `(line, at, ch)`: `width` and `channels` are those of y. */
function kernelOf(
  key: string,
  lanes: 1 | 4,
  value: (template: KernelTemplate, type: string) => string,
): WgslKernel {
  const type = lanes === 4 ? "vec4<f32>" : "f32";
  return {
    key: `${key}/${lanes}`,
    uniforms: [["count", "u32"], ["width", "u32"], ["channels", "u32"], ["factor", "u32"]],
    reads: [["x", type]],
    writes: [["y", type]],
    wgsl: (template) => ({
      main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  let ch = i % u.channels;
  let at = (i / u.channels) % u.width;
  let line = i / (u.channels * u.width);
  ${value(template, type)}`,
    }),
  };
}

function forwardKernel(lanes: 1 | 4): WgslKernel {
  const from = "((line / u.factor) * (u.width / u.factor) + at / u.factor) * u.channels + ch";
  return kernelOf(
    RESIZE_NEAREST,
    lanes,
    ({ load, store }) => store("y", "i", load("x", from)),
  );
}

function gradientKernel(lanes: 1 | 4): WgslKernel {
  const from = "((line * u.factor + dy) * u.width * u.factor + at * u.factor + dx)" +
    " * u.channels + ch";
  return kernelOf(RESIZE_NEAREST_GRAD, lanes, ({ load, store }, type) => `
  var total = ${type}(0.0);
  for (var dy = 0u; dy < u.factor; dy++) {
    for (var dx = 0u; dx < u.factor; dx++) { total += ${load("x", from)}; }
  }
  ${store("y", "i", "total")}`);
}

/** A kernel whose output is `scale(factor)` times as large. */
function kernel(
  name: string,
  build: (lanes: 1 | 4) => WgslKernel,
  options: { input: string; scale: (factor: number) => number },
): Kernel<ResizeNearestAttrs> {
  return {
    name,
    run({ inputs, attrs: { factor }, backend }) {
      const x = inputs[options.input]!;
      const [b, h, w, c] = x.shape as [number, number, number, number];
      const scale = options.scale(factor);
      const y = newActivation(backend, [b, h * scale, w * scale, c]);
      const lanes = c % 4 === 0 ? 4 : 1;
      const count = sizeOf(y) / lanes;
      dispatch(backend, build(lanes), {
        uniforms: [count, y.shape[2]!, c / lanes, factor],
        reads: [x],
        writes: [y],
        grid: linearGrid(Math.ceil(count / THREADS)),
      });
      return y;
    },
  };
}

/** Forward: a gather. */
export const resizeNearest: Kernel<ResizeNearestAttrs> = kernel(RESIZE_NEAREST, forwardKernel, {
  input: "x",
  scale: (factor) => factor,
});

/** Gradient: a sum in a fixed order. */
export const resizeNearestGrad: Kernel<ResizeNearestAttrs> = kernel(
  RESIZE_NEAREST_GRAD,
  gradientKernel,
  { input: "dy", scale: (factor) => 1 / factor },
);
