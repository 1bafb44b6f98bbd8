/**
 * Bilinear resize with half-pixel centres or aligned corners, and its gradient.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { RESIZE_BILINEAR, RESIZE_BILINEAR_GRAD, type ResizeAttrs } from "../../ops/kernels.ts";
import type { WebGpuContext } from "../context.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { type KernelTemplate, THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, sizeOf } from "./kernel.ts";

/** Position in the source of an output position, clamped to the source. */
function centre(alignCorners: boolean): string {
  const position = alignCorners ? "f32(o) * scale" : "(f32(o) + 0.5) * scale - 0.5";
  return `
fn centre(o: u32, scale: f32, size: u32) -> f32 {
  return clamp(${position}, 0.0, f32(size - 1u));
}`;
}

/** Source positions per output position. */
function scaleOf(size: number, outSize: number, alignCorners: boolean): number {
  if (!alignCorners) return size / outSize;
  // One output, or one source, is the first one at any scale
  return outSize > 1 && size > 1 ? (size - 1) / (outSize - 1) : 1;
}

/** A kernel that reads one tensor and writes another, a vector of `width` channels a thread. */
function kernelOf(
  key: string,
  options: {
    width: 1 | 4;
    alignCorners: boolean;
    uniforms: string[];
    scales: string[];
    /** WGSL of one thread; `VALUE` stands for the type of the elements. */
    main: (template: KernelTemplate) => string;
  },
): WgslKernel {
  const type = options.width === 4 ? "vec4<f32>" : "f32";
  return {
    key: `${key}/${options.width}${options.alignCorners ? "/aligned" : ""}`,
    uniforms: [
      ...options.uniforms.map((name) => [name, "u32"] as [string, "u32"]),
      ...options.scales.map((name) => [name, "f32"] as [string, "f32"]),
    ],
    reads: [["x", type]],
    writes: [["y", type]],
    wgsl: (template) => ({
      globals: centre(options.alignCorners),
      main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  ${options.main(template).replaceAll("VALUE", type)}`,
    }),
  };
}

function forwardKernel(width: 1 | 4, alignCorners: boolean): WgslKernel {
  return kernelOf(RESIZE_BILINEAR, {
    ...{ width, alignCorners },
    uniforms: ["count", "h", "w", "c", "outH", "outW"],
    scales: ["scaleY", "scaleX"],
    main: ({ load, store }) => {
      const at = (y: string, x: string) => load("x", `((image + ${y}) * u.w + ${x}) * u.c + ch`);
      return `
  let ch = i % u.c;
  let ox = (i / u.c) % u.outW;
  let oy = (i / (u.c * u.outW)) % u.outH;
  let image = i / (u.c * u.outW * u.outH) * u.h;
  let cy = centre(oy, u.scaleY, u.h);
  let cx = centre(ox, u.scaleX, u.w);
  let y0 = u32(cy);
  let x0 = u32(cx);
  let y1 = min(y0 + 1u, u.h - 1u);
  let x1 = min(x0 + 1u, u.w - 1u);
  let fx = cx - f32(x0);
  let top = mix(${at("y0", "x0")}, ${at("y0", "x1")}, fx);
  let low = mix(${at("y1", "x0")}, ${at("y1", "x1")}, fx);
  ${store("y", "i", "mix(top, low, cy - f32(y0))")}`;
    },
  });
}

/** Along one axis: y [outer, n, inner] gathers from the x [outer, m, inner] that it contributed to. */
function gradientKernel(width: 1 | 4, alignCorners: boolean): WgslKernel {
  // Positions are this much before those of aligned corners
  const shift = alignCorners ? "" : " - 0.5";
  const [below, above] = alignCorners ? ["1.0", "1.0"] : ["0.5", "1.5"];
  return kernelOf(RESIZE_BILINEAR_GRAD, {
    ...{ width, alignCorners },
    uniforms: ["count", "n", "m", "inner"],
    scales: ["scale"],
    main: ({ load, store }) => `
  let k = i % u.inner;
  let at = (i / u.inner) % u.n;
  let outer = i / (u.inner * u.n) * u.m;
  // Outputs whose centre is within one source pixel of this one; edges take all clamped ones too.
  var first = 0u;
  var last = u.m - 1u;
  if (at > 0u) { first = u32(max(0.0, floor((f32(at) - ${below}) / u.scale${shift}))); }
  if (at + 1u < u.n) { last = min(last, u32(ceil((f32(at) + ${above}) / u.scale${shift}))); }
  var total = VALUE(0.0);
  for (var o = first; o <= last; o++) {
    let c = centre(o, u.scale, u.n);
    let weight = max(0.0, 1.0 - abs(c - f32(at)));
    total += weight * ${load("x", "(outer + o) * u.inner + k")};
  }
  ${store("y", "i", "total")}`,
  });
}

/** Forward in one pass. */
export const resizeBilinear: Kernel<ResizeAttrs> = {
  name: RESIZE_BILINEAR,
  run({ inputs, attrs, backend }) {
    const x = inputs.x!;
    const [b, h, w, c] = x.shape as [number, number, number, number];
    const { height, width, alignCorners = false } = attrs;
    const y = newActivation(backend, [b, height, width, c]);
    const lanes = c % 4 === 0 ? 4 : 1;
    const count = sizeOf(y) / lanes;
    dispatch(backend, forwardKernel(lanes, alignCorners), {
      uniforms: [
        ...[count, h, w, c / lanes, height, width],
        ...[scaleOf(h, height, alignCorners), scaleOf(w, width, alignCorners)],
      ],
      reads: [x],
      writes: [y],
      grid: linearGrid(Math.ceil(count / THREADS)),
    });
    return y;
  },
};

/** Gradient as a gather along x, then along y: no atomics, so repeats are bit-identical. */
export const resizeBilinearGrad: Kernel<ResizeAttrs> = {
  name: RESIZE_BILINEAR_GRAD,
  run({ inputs, attrs, backend }) {
    const dy = inputs.dy!;
    const [b, outH, outW, c] = dy.shape as [number, number, number, number];
    const { height, width, alignCorners = false } = attrs;
    const rows = gather(backend, {
      x: dy,
      shape: [b, outH, width, c],
      m: outW,
      inner: c,
      alignCorners,
    });
    const dx = gather(backend, {
      make: newActivation,
      x: rows,
      shape: [b, height, width, c],
      n: height,
      m: outH,
      inner: width * c,
      alignCorners,
    });
    backend.disposeData(rows.dataId);
    return dx;
  },
};

function gather(
  backend: WebGpuContext,
  options: {
    make?: typeof newOutput;
    x: tf.TensorInfo;
    shape: number[];
    n?: number;
    m: number;
    inner: number;
    alignCorners: boolean;
  },
): tf.TensorInfo {
  const { make = newOutput, x, shape, m, inner, alignCorners } = options;
  const n = options.n ?? shape[2]!;
  const y = make(backend, shape);
  const lanes = inner % 4 === 0 ? 4 : 1;
  const count = sizeOf(y) / lanes;
  dispatch(backend, gradientKernel(lanes, alignCorners), {
    uniforms: [count, n, m, inner / lanes, scaleOf(n, m, alignCorners)],
    reads: [x],
    writes: [y],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  return y;
}
