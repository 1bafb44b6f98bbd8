import type * as tf from "@tensorflow/tfjs";
import { type Engine, THREAD_SCRATCH } from "../engine.ts";
import type { KernelCall } from "../tfjs_backend.ts";

/** Values of a head's panels. */
const PANEL = 16;
/** Queries whose scores are worked on at a time, at most; a multiple of the rows of a tile. */
const MOST_ROWS = 192;
/** Parts of the queries whose shares of dk and dv are added up. */
const SLICES = 16;

/** Sizes of an attention over `q [b, n, c]` and `k [b, m, c]`. */
interface AttentionSizes {
  batch: number;
  queries: number;
  keys: number;
  channels: number;
  heads: number;
  depth: number;
  /** Keys in whole panels. */
  pitch: number;
  /** Channels of a head in whole panels. */
  depthPitch: number;
  /** Queries whose scores fit a thread's scratch. */
  rowsPerBlock: number;
  scale: number;
}

/** Sizes, for `maps` maps of scores at a time. */
function sizesOf(call: KernelCall, maps: number): AttentionSizes {
  const [batch, queries, channels] = call.inputs.q!.shape as [number, number, number];
  const keys = call.inputs.k!.shape[1]!;
  const heads: number = call.attrs.heads;
  const depth = channels / heads;
  const pitch = Math.ceil(keys / PANEL) * PANEL;
  // Beside the scores a row has a spare panel and a pair of pointers; a tile may read on behind them
  const fitting = Math.floor((THREAD_SCRATCH - 1024) / (maps * pitch * 4 + 72));
  const rowsPerBlock = Math.min(MOST_ROWS, Math.floor(fitting / 6) * 6);
  if (rowsPerBlock < 6) {
    throw new RangeError(
      `Cannot compute attention to ${keys} keys on the WASM engine: give a smaller input`,
    );
  }
  return {
    ...{ batch, queries, keys, channels, heads, depth, pitch, rowsPerBlock },
    depthPitch: Math.ceil(depth / PANEL) * PANEL,
    scale: 1 / Math.sqrt(depth),
  };
}

/** Multi-head attention: y and the logarithms of the sums of exponentials. */
export function attention(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { q, k, v } = call.inputs;
  const { backend } = call;
  const sizes = sizesOf(call, 1);
  const { batch, queries, keys, channels, heads, depth, pitch, rowsPerBlock } = sizes;
  const y = backend.makeOutput([batch, queries, channels], "float32");
  const logSums = backend.makeOutput([batch, queries, heads], "float32");
  const headBytes = 4 * (pitch * depth + keys * sizes.depthPitch);
  engine.withScratch(batch * heads * headBytes, (packed) => {
    const blocks = Math.ceil(queries / rowsPerBlock);
    const words = {
      q: engine.at(q!),
      k: engine.at(k!),
      v: engine.at(v!),
      y: engine.at(y),
      logSums: engine.at(logSums),
      ...{ ...sizes, packed, headBytes, blocks },
    };
    const flops = batch * keys * channels;
    engine.run("attentionPack", words, { chunks: batch * heads, flops: 4 * flops });
    engine.run("attention", words, {
      chunks: batch * heads * blocks,
      flops: 4 * queries * flops,
    });
  });
  return [y, logSums];
}

/** Its gradient: dq, dk, dv. */
export function attentionGrad(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { q, k, v, y, logSums, dy } = call.inputs;
  const { backend } = call;
  const sizes = sizesOf(call, 2);
  const { batch, queries, keys, channels, heads, depth, pitch, rowsPerBlock } = sizes;
  const dq = backend.makeOutput([batch, queries, channels], "float32");
  const dk = backend.makeOutput([batch, keys, channels], "float32");
  const dv = backend.makeOutput([batch, keys, channels], "float32");
  const headBytes = 4 * (2 * pitch * depth + keys * sizes.depthPitch);
  // By the sizes alone: sums are then the same for any number of threads
  const blocks = Math.ceil(queries / rowsPerBlock);
  const sliceRows = Math.ceil(blocks / SLICES) * rowsPerBlock;
  const slices = Math.ceil(queries / sliceRows);
  const share = 4 * batch * heads * keys * sizes.depthPitch;
  engine.withScratch(batch * heads * headBytes + 2 * slices * share, (packed) => {
    const words = {
      q: engine.at(q!),
      k: engine.at(k!),
      v: engine.at(v!),
      y: engine.at(y!),
      logSums: engine.at(logSums!),
      dy: engine.at(dy!),
      dq: engine.at(dq),
      dk: engine.at(dk),
      dv: engine.at(dv),
      partials: packed + batch * heads * headBytes,
      ...{ ...sizes, packed, headBytes, slices, sliceRows },
    };
    const flops = batch * keys * channels;
    engine.run("attentionGradPack", words, { chunks: batch * heads, flops: 6 * flops });
    engine.run("attentionGrad", words, {
      chunks: batch * heads * slices,
      flops: 10 * queries * flops,
    });
    engine.run("attentionGradSum", words, { chunks: batch * heads, flops: 2 * slices * flops });
  });
  return [dq, dk, dv];
}
