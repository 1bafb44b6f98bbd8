/**
 * Gradient of a convolution with respect to its filter, as an implicit matrix product over all
 * output pixels, split into chunks that are added in a fixed order.
 *
 * @module
 */
import { DILATED_CONV_FILTER_GRAD } from "../../ops/kernels.ts";
import { dispatch, newOutput } from "../dispatch.ts";
import { gemmKernel, storeVector } from "../gemm.ts";
import { tileGrid, type TileName, TILES } from "../gemm_tiles.ts";
import type { KernelTemplate, WgslKernel } from "../wgsl.ts";
import { type ConvAttrs, convKey, type ConvSizes, convSizes, isPointwise } from "./conv_sizes.ts";
import { type Kernel, tfjsKernel } from "./kernel.ts";
import { addChunks, splitK } from "./split_k.ts";

interface FilterAttrs extends ConvAttrs {
  filterShape: [number, number, number, number];
}

/** dfilter [kh,kw,c,n] from x [b,h,w,c] and dy [b,oh,ow,n]. */
export const conv2dBackpropFilter: Kernel<FilterAttrs> = {
  name: "Conv2DBackpropFilter",
  run(call) {
    const { inputs, attrs, backend } = call;
    if (attrs.dataFormat === "NCHW") return tfjsKernel("Conv2DBackpropFilter")(call);
    const { x, dy } = inputs;
    const s = convSizes(x!.shape, attrs.filterShape, attrs);
    const [m, pixels] = [s.kh * s.kw * s.c, s.b * s.oh * s.ow];
    const tile = backend.tileFor(m, s.n);
    const { chunk, splits } = splitK(m, s.n, pixels);
    const parts = newOutput(backend, splits === 1 ? attrs.filterShape : [splits, m, s.n]);
    dispatch(backend, kernelOf(s, tile, backend.unroll), {
      uniforms: [m, s.n, pixels, s.h, s.w, s.c, s.oh, s.ow, s.top, s.left, chunk],
      reads: [x!, dy!],
      writes: [parts],
      grid: [...tileGrid(tile, m, s.n), splits],
    });
    return splits === 1 ? parts : addChunks(backend, parts, attrs.filterShape);
  },
};

/** The same of a dilated convolution, NHWC only. */
export const dilatedConvFilterGrad: Kernel<FilterAttrs> = {
  ...conv2dBackpropFilter,
  name: DILATED_CONV_FILTER_GRAD,
};

function kernelOf(s: ConvSizes, tile: TileName, unroll: boolean): WgslKernel {
  const fourIn = s.c % 4 === 0;
  const fourOut = s.n % 4 === 0;
  const pointwise = isPointwise(s);
  const shape = pointwise ? "pointwise" : convKey(s);
  return gemmKernel({
    key: ["conv2dBackpropFilter", shape, tile, fourIn, fourOut].join("/"),
    tile: TILES[tile],
    unroll,
    uniforms: ["m", "n", "k", "h", "w", "c", "oh", "ow", "top", "left", "chunk"].map(
      (name) => [name, "i32"] as [string, "i32"],
    ),
    reads: [["x", fourIn ? "vec4<f32>" : "f32"], ["dy", fourOut ? "vec4<f32>" : "f32"]],
    writes: [["y", fourOut ? "vec4<f32>" : "f32"]],
    a: "km",
    b: "kn",
    range: "let firstK = wid.z * u32(u.chunk); let endK = min(firstK + u32(u.chunk), u32(u.k));" +
      " part = i32(wid.z);",
    functions: (template) =>
      pixels(template, s, { fourIn, pointwise }) + gradients(template, fourOut) +
      storeFunction(template, fourOut),
  });
}

/** A(m, k): pixel under tap and channel m of the window of output pixel k. */
function pixels(
  { load }: KernelTemplate,
  s: ConvSizes,
  { fourIn, pointwise }: { fourIn: boolean; pointwise: boolean },
): string {
  const place = pointwise ? "let at = k * u.c + row.z;" : `let t = k / u.ow;
  let y = (t % u.oh) * ${s.strideY} + row.x;
  let z = (k % u.ow) * ${s.strideX} + row.y;
  if (y < 0 || y >= u.h || z < 0 || z >= u.w) { return VALUE(); }
  let at = (((t / u.oh) * u.h + y) * u.w + z) * u.c + row.z;`;
  const row = `
fn rowOf(m: i32) -> vec4<i32> {
  let tap = m / u.c;
  return vec4<i32>((tap / ${s.kw}) * ${s.dilationY} - u.top,
    (tap % ${s.kw}) * ${s.dilationX} - u.left, m - tap * u.c, select(0, 1, m < u.m));
}`;
  if (fourIn) {
    return `${row}
fn stateK(k: u32) -> vec4<i32> { return vec4<i32>(); }
fn rowA(m: u32) -> vec4<i32> { return rowOf(i32(m)); }
fn loadA(row: vec4<i32>, state: vec4<i32>, k0: u32, k1: u32) -> vec4<f32> {
  let k = i32(k1);
  if (k >= u.k || row.w == 0) { return vec4<f32>(); }
  ${place.replace("VALUE", "vec4<f32>")}
  return ${load("x", "at / 4")};
}`;
  }
  return `${row}
fn stateK(k: u32) -> vec4<i32> { return vec4<i32>(); }
fn rowA(m: u32) -> vec4<i32> { return vec4<i32>(i32(m), 0, 0, 0); }
fn loadA1(m: i32, k: i32) -> f32 {
  let row = rowOf(m);
  if (k >= u.k || row.w == 0) { return 0.0; }
  ${place.replace("VALUE", "f32")}
  return x[at];
}
fn loadA(row: vec4<i32>, state: vec4<i32>, k0: u32, k1: u32) -> vec4<f32> {
  let k = i32(k1);
  let m = row.x;
  return vec4<f32>(loadA1(m, k), loadA1(m + 1, k), loadA1(m + 2, k), loadA1(m + 3, k));
}`;
}

/** B(k, n): the gradient as it lies in memory. */
function gradients({ load }: KernelTemplate, fourOut: boolean): string {
  const read = fourOut ? `return ${load("dy", "(i32(k) * u.n + row.x) / 4")};` : `
  let at = i32(k) * u.n + row.x;
  let left = u.n - row.x;
  return vec4<f32>(dy[at], select(0.0, dy[at + 1], left > 1), select(0.0, dy[at + 2], left > 2),
    select(0.0, dy[at + 3], left > 3));`;
  return `
fn rowB(n: u32) -> vec4<i32> { return vec4<i32>(i32(n), 0, 0, 0); }
fn loadB(row: vec4<i32>, state: vec4<i32>, k0: u32, k: u32) -> vec4<f32> {
  if (i32(k) >= u.k || row.x >= u.n) { return vec4<f32>(); }
  ${read}
}`;
}

function storeFunction({ store }: KernelTemplate, fourOut: boolean): string {
  return `
var<private> part: i32;
fn store(m1: u32, n1: u32, r: vec4<f32>) {
  let m = i32(m1);
  let n = i32(n1);
  if (m >= u.m || n >= u.n) { return; }
  let at = (part * u.m + m) * u.n + n;
  ${storeVector(store, "y", { four: fourOut })}
}`;
}
