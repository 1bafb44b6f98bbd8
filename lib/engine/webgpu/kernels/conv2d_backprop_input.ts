/**
 * Gradient of a convolution with respect to its input, which is also the transposed convolution.
 * With stride s the input's pixels fall into s·s phases that use different taps of the filter; each
 * phase is one implicit matrix product without any zeros, and all run in one launch.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { DILATED_CONV_INPUT_GRAD } from "../../ops/kernels.ts";
import { dispatch } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { gemmKernel, storeVector } from "../gemm.ts";
import { tileGrid, type TileName, TILES } from "../gemm_tiles.ts";
import type { KernelTemplate, WgslKernel } from "../wgsl.ts";
import { type ConvAttrs, convKey, type ConvSizes, convSizes } from "./conv_sizes.ts";
import { type Kernel, type KernelCall, tfjsKernel } from "./kernel.ts";

interface InputAttrs extends ConvAttrs {
  inputShape: [number, number, number, number];
}

/** dx [b,h,w,c] from dy [b,oh,ow,n] and filter [kh,kw,c,n]. */
export const conv2dBackpropInput: Kernel<InputAttrs> = {
  name: "Conv2DBackpropInput",
  run(call) {
    const { inputs, attrs, backend } = call;
    const { filter } = inputs;
    const s = convSizes(attrs.inputShape, filter!.shape, attrs);
    // With three channels most of a tile is empty, which is slow on a software adapter.
    const empty = backend.training.software && s.c < 5;
    if (attrs.dataFormat === "NCHW" || empty) return tfjsKernel("Conv2DBackpropInput")(call);
    return inputGradient(call, s);
  },
};

/** The same of a dilated convolution of stride 1, NHWC only. */
export const dilatedConvInputGrad: Kernel<InputAttrs> = {
  name: DILATED_CONV_INPUT_GRAD,
  run(call) {
    return inputGradient(
      call,
      convSizes(call.attrs.inputShape, call.inputs.filter!.shape, call.attrs),
    );
  },
};

function inputGradient(
  { inputs, attrs, backend }: KernelCall<InputAttrs>,
  s: ConvSizes,
): tf.TensorInfo {
  const { dy, filter } = inputs;
  const rows = s.b * Math.ceil(s.h / s.strideY) * Math.ceil(s.w / s.strideX);
  const tile = backend.tileFor(rows * s.strideY * s.strideX, s.c);
  const dx = newActivation(backend, attrs.inputShape);
  dispatch(backend, kernelOf(s, tile, backend.unroll), {
    uniforms: [s.b, s.h, s.w, s.c, s.oh, s.ow, s.n, s.top, s.left],
    reads: [dy!, filter!],
    writes: [dx],
    grid: [...tileGrid(tile, rows, s.c), s.strideY * s.strideX],
  });
  return dx;
}

function kernelOf(s: ConvSizes, tile: TileName, unroll: boolean): WgslKernel {
  const four = s.n % 4 === 0;
  const fourIn = s.c % 4 === 0;
  const whole = s.n % TILES[tile].depth === 0;
  const shape = convKey(s);
  return gemmKernel({
    key: ["conv2dBackpropInput", shape, tile, four, fourIn, whole].join("/"),
    tile: TILES[tile],
    unroll,
    uniforms: ["b", "h", "w", "c", "oh", "ow", "n", "top", "left"].map(
      (name) => [name, "i32"] as [string, "i32"],
    ),
    reads: [["dy", four ? "vec4<f32>" : "f32"], ["taps", four ? "vec4<f32>" : "f32"]],
    writes: [["dx", fourIn ? "vec4<f32>" : "f32"]],
    a: "mk",
    b: "nk",
    // Not from the private variable: to a compiler it may differ between threads, which the bounds of
    // a loop with a barrier must not.
    range: "findPhase(i32(wid.z)); let firstK = 0u; let endK = u32(depthOf(i32(wid.z)));",
    functions: (template) => phase(template, s) + loads(template, s, { four, whole }),
  });
}

/**
 * Input pixels y with (y + top) mod stride = phase; their first is `y0`, and tap `phase + stride·t`
 * of pixel `y0 + stride·j` contributes to output `q + j − t`.
 */
function phase({ store }: KernelTemplate, s: ConvSizes): string {
  const write = storeVector(store, "dx", { four: s.c % 4 === 0, columns: "u.c" });
  return `
var<private> y0: i32;
var<private> x0: i32;
var<private> qy: i32;
var<private> qx: i32;
var<private> phaseY: i32;
var<private> phaseX: i32;
var<private> across: i32;
var<private> rows: i32;
var<private> down: i32;
var<private> tapsX: i32;
var<private> depth: i32;
fn tapsOf(z: i32) -> vec2<i32> {
  return max(vec2<i32>(), vec2<i32>(
    (${s.kh} - z / ${s.strideX} + ${s.strideY - 1}) / ${s.strideY},
    (${s.kw} - z % ${s.strideX} + ${s.strideX - 1}) / ${s.strideX},
  ));
}
fn depthOf(z: i32) -> i32 {
  let count = tapsOf(z);
  return count.x * count.y * u.n;
}
fn findPhase(z: i32) {
  phaseY = z / ${s.strideX};
  phaseX = z % ${s.strideX};
  y0 = (phaseY - u.top % ${s.strideY} + ${s.strideY}) % ${s.strideY};
  x0 = (phaseX - u.left % ${s.strideX} + ${s.strideX}) % ${s.strideX};
  qy = (y0 + u.top - phaseY) / ${s.strideY};
  qx = (x0 + u.left - phaseX) / ${s.strideX};
  down = max(0, (u.h - y0 + ${s.strideY - 1}) / ${s.strideY});
  across = max(0, (u.w - x0 + ${s.strideX - 1}) / ${s.strideX});
  rows = u.b * down * across;
  tapsX = tapsOf(z).y;
  depth = depthOf(z);
}
fn stateK(k: u32) -> vec4<i32> {
  if (i32(k) >= depth) { return vec4<i32>(); }
  let tap = i32(k) / u.n;
  let ty = tap / tapsX;
  let tx = tap % tapsX;
  let place = (phaseY + ${s.strideY} * ty) * ${s.kw} + phaseX + ${s.strideX} * tx;
  return vec4<i32>(ty, tx, i32(k) - tap * u.n, place);
}
fn rowA(m: u32) -> vec4<i32> {
  if (i32(m) >= rows) { return vec4<i32>(); }
  let t = i32(m) / across;
  return vec4<i32>(t / down, t % down + qy, i32(m) % across + qx, 1);
}
fn rowB(n: u32) -> vec4<i32> { return vec4<i32>(i32(n), 0, 0, 0); }
fn store(m1: u32, n1: u32, r: vec4<f32>) {
  let m = i32(m1);
  let n = i32(n1);
  if (m >= rows || n >= u.c) { return; }
  let t = m / across;
  let y = y0 + ${s.strideY} * (t % down);
  let x = x0 + ${s.strideX} * (m % across);
  let at = ((t / down * u.h + y) * u.w + x) * u.c + n;
  ${write}
}`;
}

function loads(
  { load }: KernelTemplate,
  s: ConvSizes,
  { four, whole }: { four: boolean; whole: boolean },
): string {
  const outside = `
  let y = row.y - tap.x${s.dilationY > 1 ? ` * ${s.dilationY}` : ""};
  let z = row.z - tap.y${s.dilationX > 1 ? ` * ${s.dilationX}` : ""};
  if (k >= depth || row.w == 0 || y < 0 || y >= u.oh || z < 0 || z >= u.ow)`;
  if (!four) {
    const read = (name: string) =>
      `vec4<f32>(${[0, 1, 2, 3].map((e) => `${name}(row, i32(k) + ${e})`).join(", ")})`;
    return `
fn loadA1(row: vec4<i32>, k: i32) -> f32 {
  let tap = stateK(u32(k));${outside} { return 0.0; }
  return dy[((row.x * u.oh + y) * u.ow + z) * u.n + tap.z];
}
fn loadB1(row: vec4<i32>, k: i32) -> f32 {
  let tap = stateK(u32(k));
  if (k >= depth || row.x >= u.c) { return 0.0; }
  return taps[(tap.w * u.c + row.x) * u.n + tap.z];
}
fn loadA(row: vec4<i32>, state: vec4<i32>, k0: u32, k: u32) -> vec4<f32> {
  return ${read("loadA1")};
}
fn loadB(row: vec4<i32>, state: vec4<i32>, k0: u32, k: u32) -> vec4<f32> {
  return ${read("loadB1")};
}`;
  }
  const tap = whole ? "state + vec4<i32>(0, 0, k - i32(k0), 0)" : "stateK(k1)";
  return `
fn loadA(row: vec4<i32>, state: vec4<i32>, k0: u32, k1: u32) -> vec4<f32> {
  let k = i32(k1);
  let tap = ${tap};${outside} { return vec4<f32>(); }
  return ${load("dy", "(((row.x * u.oh + y) * u.ow + z) * u.n + tap.z) / 4")};
}
fn loadB(row: vec4<i32>, state: vec4<i32>, k0: u32, k1: u32) -> vec4<f32> {
  let k = i32(k1);
  let tap = ${tap};
  if (k >= depth || row.x >= u.c) { return vec4<f32>(); }
  return ${load("taps", "((tap.w * u.c + row.x) * u.n + tap.z) / 4")};
}`;
}
