import * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine.ts";
import { ACTIVATION, type ActivationCode } from "../jobs.ts";
import type { KernelCall } from "../tfjs_backend.ts";

const PANEL = 16;
/** Rows of a micro-kernel's tile. */
const TILE = 6;
/** Multiplications of a chunk. */
const CHUNK_MACS = 1 << 18;

interface Sizes {
  batch: number;
  m: number;
  n: number;
  k: number;
  /** Values from one matrix to the next; 0 where all batches share it. */
  strideA: number;
  strideB: number;
  shape: number[];
}

/** BatchMatMul; the tfjs kernel is scalar. */
export function batchMatMul(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  return multiply(engine, call, { bias: 0, activation: ACTIVATION.linear, alpha: 0 });
}

/** _FusedMatMul: activation(a·b + bias), as dense layers call it. */
export function fusedMatMul(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const { bias, preluActivationWeights } = call.inputs;
  const activation = ACTIVATION[(call.attrs.activation ?? "linear") as keyof typeof ACTIVATION];
  if (preluActivationWeights || activation === undefined) return undefined;
  if (bias && (bias.dtype !== "float32" || bias.shape.length !== 1)) return undefined;
  const { n } = sizesOf(call) ?? {};
  if (bias && bias.shape[0] !== n) return undefined;
  return multiply(engine, call, {
    bias: bias ? engine.at(bias) : 0,
    activation,
    alpha: call.attrs.leakyreluAlpha ?? 0,
  });
}

/** Sizes of a product, or `undefined` where it is left to tfjs's kernel. */
function sizesOf({ inputs, attrs }: KernelCall): Sizes | undefined {
  const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const { transposeA, transposeB } = attrs;
  const [m, k] = lastTwo(a, transposeA);
  const [inner, n] = lastTwo(b, transposeB);
  const [batchA, batchB] = [a, b].map((t) => tf.util.sizeFromShape(t.shape.slice(0, -2)));
  const batch = Math.max(batchA!, batchB!);
  const even = [1, batch].includes(batchA!) && [1, batch].includes(batchB!);
  const floats = a.dtype === "float32" && b.dtype === "float32";
  const empty = batch * m * n * k === 0;
  if (!even || !floats || empty || inner !== k || (transposeA && transposeB)) return undefined;
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
  engine: Engine,
  call: KernelCall,
  epilogue: { bias: number; activation: ActivationCode; alpha: number },
): tf.TensorInfo | undefined {
  const sizes = sizesOf(call);
  if (sizes === undefined) return undefined;
  const { batch, m, n, k, shape } = sizes;
  const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const { transposeA, transposeB } = call.attrs;
  const hasEpilogue = epilogue.bias !== 0 || epilogue.activation !== ACTIVATION.linear;
  if (transposeA && hasEpilogue) return undefined;
  const out = call.backend.makeOutput(shape, "float32");
  // A function of the sizes alone, and whole tiles
  const rows = Math.max(1, Math.round(CHUNK_MACS / (n * k * TILE))) * TILE;
  const rowsPerBlock = Math.min(Math.ceil(m / TILE) * TILE, rows);
  const blocks = Math.ceil(m / rowsPerBlock);
  const packedStride = 4 * Math.ceil(n / PANEL) * PANEL * k;
  const matrices = sizes.strideB === 0 ? 1 : batch;
  const words = {
    ...{ m, n, k, strideA: sizes.strideA, strideB: sizes.strideB },
    ...epilogue,
    ...{ packedStride, rowsPerBlock, blocks },
    a: engine.at(a),
    b: engine.at(b),
    out: engine.at(out),
    packed: 0,
    transposed: transposeB ? 1 : 0,
  };
  const work = { chunks: batch * blocks, flops: 2 * batch * m * n * k };
  if (transposeA) {
    const pitch = Math.ceil(n / 4) * 4;
    engine.withScratch(4 * batch * m * pitch, (to) => {
      engine.run("matMulTransposed", { ...words, out: to }, work);
      const copy = { x: to, out: engine.at(out), rows: batch * m, words: n };
      const rowsPerChunk = Math.max(1, Math.ceil(16384 / n));
      engine.run("copyRows", { ...copy, xStride: pitch, outStride: n, rowsPerChunk }, {
        chunks: Math.ceil(batch * m / rowsPerChunk),
        flops: 2 * batch * m * n,
      });
    });
    return out;
  }
  engine.withScratch(matrices * packedStride, (packed) => {
    const flops = 2 * matrices * n * k;
    engine.run("matMulPack", { ...words, packed }, { chunks: matrices, flops });
    engine.run("matMul", { ...words, packed }, work);
  });
  return out;
}
