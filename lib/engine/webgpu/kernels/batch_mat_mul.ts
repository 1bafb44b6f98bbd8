/**
 * Matrix products, plain and with bias and activation. Long sums of small products are split into
 * chunks that are added in a fixed order; tfjs adds them in the order they finish.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { dispatch, newOutput } from "../dispatch.ts";
import {
  epilogue,
  type FusedActivation,
  gemmKernel,
  isKnownActivation,
  storeVector,
} from "../gemm.ts";
import { tileGrid, type TileName, TILES } from "../gemm_tiles.ts";
import type { KernelTemplate, WgslKernel } from "../wgsl.ts";
import { type Kernel, type KernelCall, tfjsKernel } from "./kernel.ts";
import { addChunks, splitK } from "./split_k.ts";

interface MatMulAttrs {
  transposeA: boolean;
  transposeB: boolean;
}

interface FusedAttrs extends MatMulAttrs {
  activation?: string | null;
  leakyreluAlpha?: number;
}

/** C [.., m, n] = A [.., m, k] · B [.., k, n]; either may come transposed. */
export const batchMatMul: Kernel<MatMulAttrs> = {
  name: "BatchMatMul",
  run(call) {
    const sizes = sizesOf(call);
    if (sizes === null) return tfjsKernel<MatMulAttrs>("BatchMatMul")(call);
    return multiply(call, { sizes, activation: "linear" });
  },
};

/** activation(A · B + bias). */
export const fusedMatMul: Kernel<FusedAttrs> = {
  name: "_FusedMatMul",
  run(call) {
    const sizes = sizesOf(call);
    const { activation, leakyreluAlpha } = call.attrs;
    const { bias, preluActivationWeights } = call.inputs;
    const perColumn = bias == null || tf.util.sizeFromShape(bias.shape) === sizes?.n;
    const plain = preluActivationWeights == null && isKnownActivation(activation) && perColumn;
    if (sizes === null || !plain) return tfjsKernel<FusedAttrs>("_FusedMatMul")(call);
    return multiply(call, {
      sizes,
      activation: (activation ?? "linear") as FusedActivation,
      alpha: leakyreluAlpha ?? 0,
      ...(bias == null ? {} : { bias }),
    });
  },
};

interface Sizes {
  batch: number;
  m: number;
  n: number;
  k: number;
  /** Elements from one matrix to the next; 0 where all batches share it. */
  strideA: number;
  strideB: number;
  shape: number[];
}

/** Sizes of a product, or `null` where it is left to tfjs's kernel. */
function sizesOf({ inputs, attrs }: KernelCall<MatMulAttrs>): Sizes | null {
  const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const { transposeA, transposeB } = attrs;
  const [m, k] = lastTwo(a, transposeA);
  const [inner, n] = lastTwo(b, transposeB);
  const [batchA, batchB] = [a, b].map((t) => tf.util.sizeFromShape(t.shape.slice(0, -2)));
  const batch = Math.max(batchA!, batchB!);
  const even = [1, batch].includes(batchA!) && [1, batch].includes(batchB!);
  const floats = a.dtype === "float32" && b.dtype === "float32";
  const empty = batch * m * n * k === 0;
  if (!even || !floats || empty || inner !== k || (transposeA && transposeB)) return null;
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(
    a.shape.slice(0, -2),
    b.shape.slice(0, -2),
  );
  return {
    ...{ batch, m, n, k },
    strideA: batchA === 1 ? 0 : m * k,
    strideB: batchB === 1 ? 0 : k * n,
    shape: [...outer, m, n],
  };
}

function lastTwo({ shape }: tf.TensorInfo, transposed: boolean): [rows: number, cols: number] {
  const [rows, cols] = shape.slice(-2) as [number, number];
  return transposed ? [cols, rows] : [rows, cols];
}

function multiply(
  { inputs, attrs, backend }: KernelCall<MatMulAttrs>,
  options: { sizes: Sizes; activation: FusedActivation; alpha?: number; bias?: tf.TensorInfo },
): tf.TensorInfo {
  const { sizes, activation, alpha = 0, bias } = options;
  const { batch, m, n, k, shape } = sizes;
  const tile = backend.tileFor(m, n);
  const whole = batch > 1 || bias !== undefined || activation !== "linear";
  const { chunk, splits } = splitK(m, n, k);
  const parts = newOutput(backend, whole || splits === 1 ? shape : [splits, m, n]);
  const { transposeA, transposeB } = attrs;
  const variant = { tile, transposeA, transposeB, activation, bias: bias !== undefined };
  dispatch(backend, kernelOf({ ...variant, m, n, k, unroll: backend.unroll }), {
    uniforms: [m, n, k, sizes.strideA, sizes.strideB, whole ? k : chunk, alpha],
    reads: [inputs.a!, inputs.b!, ...(bias === undefined ? [] : [bias])],
    writes: [parts],
    grid: [...tileGrid(tile, m, n), whole ? batch : splits],
  });
  return whole || splits === 1 ? parts : addChunks(backend, parts, shape);
}

interface Variant extends MatMulAttrs {
  tile: TileName;
  activation: FusedActivation;
  bias: boolean;
  unroll: boolean;
  m: number;
  n: number;
  k: number;
}

/** The kernel of a plain product `[m, k] · [k, n]`. */
export function matMulKernel(
  options: { m: number; n: number; k: number; tile: TileName; unroll: boolean },
): WgslKernel {
  const plain = {
    transposeA: false,
    transposeB: false,
    activation: "linear",
    bias: false,
  } as const;
  return kernelOf({ ...options, ...plain });
}

function kernelOf(variant: Variant): WgslKernel {
  const { tile, transposeA, transposeB, activation, bias, unroll, m, n, k } = variant;
  const fourA = (transposeA ? m : k) % 4 === 0;
  const fourB = (transposeB ? k : n) % 4 === 0;
  const four = n % 4 === 0;
  const type = (vectors: boolean) => vectors ? "vec4<f32>" as const : "f32" as const;
  const switches = [transposeA, transposeB, activation, bias, fourA, fourB, four];
  return gemmKernel({
    key: ["matMul", tile, ...switches].join("/"),
    tile: TILES[tile],
    unroll,
    uniforms: [
      ...["m", "n", "k", "strideA", "strideB", "chunk"].map(
        (name) => [name, "i32"] as [string, "i32"],
      ),
      ["alpha", "f32"],
    ],
    reads: [
      ["lhs", type(fourA)],
      ["rhs", type(fourB)],
      ...(bias ? [["bias", "f32"] as [string, "f32"]] : []),
    ],
    writes: [["y", type(four)]],
    a: transposeA ? "km" : "mk",
    b: transposeB ? "nk" : "kn",
    // Workgroups in z are matrices of a batch or chunks of one sum, never both.
    range: `
  slab = i32(wid.z);
  let chunks = u.strideA == 0 && u.strideB == 0;
  let firstK = select(0u, wid.z * u32(u.chunk), chunks);
  let endK = min(u32(u.k), firstK + u32(u.chunk));`,
    functions: (template) => `
var<private> slab: i32;
fn stateK(k: u32) -> vec4<i32> { return vec4<i32>(); }
fn rowA(m: u32) -> vec4<i32> { return vec4<i32>(i32(m), 0, 0, 0); }
fn rowB(n: u32) -> vec4<i32> { return vec4<i32>(i32(n), 0, 0, 0); }
${loadFunction(template, "A", { size: "m", alongK: !transposeA, four: fourA })}
${loadFunction(template, "B", { size: "n", alongK: transposeB, four: fourB })}
${epilogue(activation, bias)}
fn store(m1: u32, n1: u32, value: vec4<f32>) {
  let m = i32(m1);
  let n = i32(n1);
  if (m >= u.m || n >= u.n) { return; }
  let r = finish(value, n);
  let at = (slab * u.m + m) * u.n + n;
  ${storeVector(template.store, "y", { four })}
}`,
  });
}

/** Four neighbours of an operand that is stored as `[size, k]`, or else as `[k, size]`. */
function loadFunction(
  { load }: KernelTemplate,
  name: "A" | "B",
  { size, alongK, four }: { size: "m" | "n"; alongK: boolean; four: boolean },
): string {
  const array = name === "A" ? "lhs" : "rhs";
  const place = alongK ? `row.x * u.k + k` : `k * u.${size} + row.x`;
  const left = alongK ? "u.k - k" : `u.${size} - row.x`;
  const read = four ? `return ${load(array, "at / 4")};` : `let left = ${left};
  return vec4<f32>(${array}[at], select(0.0, ${array}[at + 1], left > 1),
    select(0.0, ${array}[at + 2], left > 2), select(0.0, ${array}[at + 3], left > 3));`;
  return `
fn load${name}(row: vec4<i32>, state: vec4<i32>, k0: u32, k1: u32) -> vec4<f32> {
  let k = i32(k1);
  if (row.x >= u.${size} || k >= u.k) { return vec4<f32>(); }
  let at = slab * u.stride${name} + ${place};
  ${read}
}`;
}
