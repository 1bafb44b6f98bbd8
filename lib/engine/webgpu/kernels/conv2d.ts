/**
 * Convolution as an implicit matrix product, with bias and activation in the same pass.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { dispatch } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import {
  epilogue,
  type FusedActivation,
  gemmKernel,
  isKnownActivation,
  storeVector,
} from "../gemm.ts";
import { tileGrid, type TileName, TILES } from "../gemm_tiles.ts";
import type { KernelTemplate, WgslKernel } from "../wgsl.ts";
import { type ConvAttrs, convKey, type ConvSizes, convSizes, isPointwise } from "./conv_sizes.ts";
import { type Kernel, type KernelCall, tfjsKernel } from "./kernel.ts";

interface FusedAttrs extends ConvAttrs {
  activation: string;
  leakyreluAlpha?: number;
}

/** y = conv(x, filter). */
export const conv2d: Kernel<ConvAttrs> = {
  name: "Conv2D",
  run(call) {
    if (call.attrs.dataFormat === "NCHW") return tfjsKernel("Conv2D")(call);
    return convolve(call, { activation: "linear" });
  },
};

/** y = activation(conv(x, filter) + bias). */
export const fusedConv2d: Kernel<FusedAttrs> = {
  name: "FusedConv2D",
  run(call) {
    const { activation, leakyreluAlpha, dataFormat } = call.attrs;
    const bias = call.inputs.bias;
    const known = isKnownActivation(activation);
    const perChannel = bias == null || tf.util.sizeFromShape(bias.shape) === bias.shape.at(-1);
    if (!known || !perChannel || dataFormat === "NCHW" || call.inputs.preluActivationWeights) {
      return tfjsKernel("FusedConv2D")(call);
    }
    return convolve(call, {
      activation: (activation ?? "linear") as FusedActivation,
      alpha: leakyreluAlpha ?? 0,
      ...(bias == null ? {} : { bias }),
    });
  },
};

function convolve(
  { inputs, attrs, backend }: KernelCall<ConvAttrs>,
  options: { activation: FusedActivation; alpha?: number; bias?: tf.TensorInfo },
): tf.TensorInfo {
  const { x, filter } = inputs;
  const { activation, alpha = 0, bias } = options;
  const s = convSizes(x!.shape, filter!.shape, attrs);
  const [m, k] = [s.b * s.oh * s.ow, s.kh * s.kw * s.c];
  const tile = backend.tileFor(m, s.n);
  const y = newActivation(backend, [s.b, s.oh, s.ow, s.n]);
  const { unroll } = backend;
  dispatch(backend, kernelOf({ s, tile, activation, bias: bias !== undefined, unroll }), {
    uniforms: [m, s.n, k, s.h, s.w, s.c, s.oh, s.ow, s.top, s.left, alpha],
    reads: [x!, filter!, ...(bias === undefined ? [] : [bias])],
    writes: [y],
    grid: [...tileGrid(tile, m, s.n), 1],
  });
  return y;
}

interface Variant {
  s: ConvSizes;
  tile: TileName;
  activation: FusedActivation;
  bias: boolean;
  unroll: boolean;
}

function kernelOf(variant: Variant): WgslKernel {
  const { s, tile, activation, bias, unroll } = variant;
  const fourIn = s.c % 4 === 0;
  const fourOut = s.n % 4 === 0;
  const whole = s.c % TILES[tile].depth === 0; // no block of k spans two taps
  const pointwise = isPointwise(s);
  const shape = pointwise ? "pointwise" : convKey(s);
  return gemmKernel({
    key: ["conv2d", shape, tile, activation, bias, fourIn, fourOut, whole].join("/"),
    tile: TILES[tile],
    unroll,
    uniforms: [
      ...["m", "n", "k", "h", "w", "c", "oh", "ow", "top", "left"].map(
        (name) => [name, "i32"] as [string, "i32"],
      ),
      ["alpha", "f32"],
    ],
    reads: [
      ["x", fourIn ? "vec4<f32>" : "f32"],
      ["filter4", fourOut ? "vec4<f32>" : "f32"],
      ...(bias ? [["bias", "f32"] as [string, "f32"]] : []),
    ],
    writes: [["y", fourOut ? "vec4<f32>" : "f32"]],
    a: "mk",
    b: "kn",
    range: "let firstK = 0u; let endK = u32(u.k);",
    functions: (template) =>
      (pointwise ? pointwisePixels(template, fourIn) : pixels(template, s, { fourIn, whole })) +
      filters(template, fourOut) + epilogue(activation, bias) + storeFunction(template, fourOut),
  });
}

/** A(m, k) of a 1×1 convolution: channel k of pixel m. */
function pointwisePixels({ load }: KernelTemplate, fourIn: boolean): string {
  const read = fourIn
    ? `return ${load("x", "(row.x * u.c + i32(k)) / 4")};`
    : `let at = row.x * u.c + i32(k);
  let left = u.k - i32(k);
  return vec4<f32>(x[at], select(0.0, x[at + 1], left > 1), select(0.0, x[at + 2], left > 2),
    select(0.0, x[at + 3], left > 3));`;
  return `
fn stateK(k: u32) -> vec4<i32> { return vec4<i32>(); }
fn rowA(m: u32) -> vec4<i32> { return vec4<i32>(i32(m), 0, 0, 0); }
fn loadA(row: vec4<i32>, state: vec4<i32>, k0: u32, k: u32) -> vec4<f32> {
  if (row.x >= u.m || i32(k) >= u.k) { return vec4<f32>(); }
  ${read}
}`;
}

/** A(m, k): pixel of the window of output m under tap and channel k. */
function pixels(
  { load }: KernelTemplate,
  s: ConvSizes,
  { fourIn, whole }: { fourIn: boolean; whole: boolean },
): string {
  const inside = `
  let y = row.y + tap.x;
  let z = row.z + tap.y;
  if (k >= u.k || row.w == 0 || y < 0 || y >= u.h || z < 0 || z >= u.w)`;
  const read = fourIn
    ? `
fn loadA(row: vec4<i32>, state: vec4<i32>, k0: u32, k1: u32) -> vec4<f32> {
  let k = i32(k1);
  let tap = ${whole ? "state + vec4<i32>(0, 0, k - i32(k0), 0)" : "stateK(k1)"};${inside} {
    return vec4<f32>();
  }
  return ${load("x", "(((row.x * u.h + y) * u.w + z) * u.c + tap.z) / 4")};
}`
    : `
fn loadA1(row: vec4<i32>, k: i32) -> f32 {
  let tap = stateK(u32(k));${inside} { return 0.0; }
  return x[((row.x * u.h + y) * u.w + z) * u.c + tap.z];
}
fn loadA(row: vec4<i32>, state: vec4<i32>, k0: u32, k1: u32) -> vec4<f32> {
  let k = i32(k1);
  return vec4<f32>(loadA1(row, k), loadA1(row, k + 1), loadA1(row, k + 2), loadA1(row, k + 3));
}`;
  return `
fn rowA(m1: u32) -> vec4<i32> {
  let m = i32(m1);
  let t = m / u.ow;
  return vec4<i32>(t / u.oh, (t % u.oh) * ${s.strideY} - u.top,
    (m % u.ow) * ${s.strideX} - u.left, select(0, 1, m < u.m));
}
fn stateK(k: u32) -> vec4<i32> {
  let tap = i32(k) / u.c;
  return vec4<i32>((tap / ${s.kw}) * ${s.dilationY}, (tap % ${s.kw}) * ${s.dilationX},
    i32(k) - tap * u.c, 0);
}
${read}`;
}

/** B(k, n): the filter as it lies in memory. */
function filters({ load }: KernelTemplate, fourOut: boolean): string {
  const read = fourOut
    ? `if (i32(k) >= u.k || row.x >= u.n) { return vec4<f32>(); }
  return ${load("filter4", "(i32(k) * u.n + row.x) / 4")};`
    : `if (i32(k) >= u.k || row.x >= u.n) { return vec4<f32>(); }
  let at = i32(k) * u.n + row.x;
  let left = u.n - row.x;
  return vec4<f32>(filter4[at], select(0.0, filter4[at + 1], left > 1),
    select(0.0, filter4[at + 2], left > 2), select(0.0, filter4[at + 3], left > 3));`;
  return `
fn rowB(n: u32) -> vec4<i32> { return vec4<i32>(i32(n), 0, 0, 0); }
fn loadB(row: vec4<i32>, state: vec4<i32>, k0: u32, k: u32) -> vec4<f32> {
  ${read}
}`;
}

function storeFunction({ store }: KernelTemplate, fourOut: boolean): string {
  return `
fn store(m1: u32, n1: u32, value: vec4<f32>) {
  let m = i32(m1);
  let n = i32(n1);
  if (m >= u.m || n >= u.n) { return; }
  let r = finish(value, n);
  let at = m * u.n + n;
  ${storeVector(store, "y", { four: fourOut })}
}`;
}
