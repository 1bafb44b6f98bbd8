// Multi-head attention. Keys and values of a head are packed into panels once; then blocks of queries
// make their scores, probabilities and outputs in scratch, so that none of these reaches memory.
//
// A row of scores has `pitch` values, a multiple of 16; those behind the last key are -infinity or 0.
import { Attention, AttentionGrad } from "./jobs";
import { exp4, log64, maxLanes, sumLanes } from "./math";
import { addTransposed, packColumns, packTransposedPanels, pair, product } from "./mat_mul";

/** Row of a head in q, k, v, their gradients or the output: channels of all heads are neighbours. */
function headAt(base: usize, b: i32, rows: i32, row: i32, c: i32, head: i32, d: i32): usize {
  return base + (<usize>(b * rows + row) * <usize>c + <usize>(head * d)) * 4;
}

/** Chunk = (batch, head): the keys as columns, then the values. */
export function attentionPackChunk(p: Attention, chunk: i32): void {
  const b = chunk / p.heads;
  const head = chunk % p.heads;
  const k = headAt(p.k, b, p.keys, 0, p.channels, head, p.depth);
  const v = headAt(p.v, b, p.keys, 0, p.channels, head, p.depth);
  const to = p.packed + <usize>chunk * <usize>p.headBytes;
  packTransposedPanels(k, p.keys, p.depth, p.channels, to);
  packColumns(v, p.keys, p.depth, p.channels, to + <usize>(p.pitch * p.depth) * 4);
}

/** Chunk = (batch, head): the keys as columns, the values as columns, then the keys. */
export function attentionGradPackChunk(p: AttentionGrad, chunk: i32): void {
  const b = chunk / p.heads;
  const head = chunk % p.heads;
  const k = headAt(p.k, b, p.keys, 0, p.channels, head, p.depth);
  const v = headAt(p.v, b, p.keys, 0, p.channels, head, p.depth);
  const to = p.packed + <usize>chunk * <usize>p.headBytes;
  const bytes = <usize>(p.pitch * p.depth) * 4;
  packTransposedPanels(k, p.keys, p.depth, p.channels, to);
  packTransposedPanels(v, p.keys, p.depth, p.channels, to + bytes);
  packColumns(k, p.keys, p.depth, p.channels, to + bytes * 2);
}

/** Scores to probabilities, in place; returns the logarithm of the sum of exponentials. */
function softmax(row: usize, keys: i32, pitch: i32, scale: f32): f32 {
  const bytes = <usize>pitch * 4;
  for (let i = <usize>keys * 4; i < bytes; i += 4) store<f32>(row + i, -Infinity);
  const scale4 = f32x4.splat(scale);
  let top = f32x4.splat(-Infinity);
  for (let i: usize = 0; i < bytes; i += 16) top = f32x4.max(top, v128.load(row + i));
  top = maxLanes(top);
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) {
    const e = exp4(f32x4.mul(f32x4.sub(v128.load(row + i), top), scale4));
    v128.store(row + i, e);
    sum = f32x4.add(sum, e);
  }
  sum = sumLanes(sum);
  const factor = f32x4.div(f32x4.splat(1), sum);
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(row + i, f32x4.mul(v128.load(row + i), factor));
  }
  return f32x4.extract_lane(top, 0) * scale +
    <f32>log64(<f64>f32x4.extract_lane(sum, 0));
}

/** Chunk = (batch, head, block of queries). */
export function attentionChunk(p: Attention, chunk: i32, scratch: usize): void {
  const c = p.channels;
  const d = p.depth;
  const block = chunk % p.blocks;
  const which = chunk / p.blocks;
  const b = which / p.heads;
  const head = which % p.heads;
  const first = block * p.rowsPerBlock;
  const rows = min(p.rowsPerBlock, p.queries - first);
  const packed = p.packed + <usize>which * <usize>p.headBytes;
  const lda = <usize>c * 4;
  const pitch = <usize>p.pitch * 4;
  const scores = scratch;
  const spare = scratch + <usize>p.rowsPerBlock * pitch;
  const q = headAt(p.q, b, p.queries, first, c, head, d);
  product(q, lda, rows, packed, d, p.pitch, scores, pitch, spare, 0, 0, 0);
  let logSum = p.logSums + <usize>((b * p.queries + first) * p.heads + head) * 4;
  for (let r = 0; r < rows; r++) {
    store<f32>(logSum, softmax(scores + <usize>r * pitch, p.keys, p.pitch, p.scale));
    logSum += <usize>p.heads * 4;
  }
  const y = headAt(p.y, b, p.queries, first, c, head, d);
  const values = packed + <usize>(p.pitch * d) * 4;
  product(scores, pitch, rows, values, p.keys, d, y, lda, spare, 0, 0, 0);
}

/** Σ a·b over d values. */
function dot(a: usize, b: usize, d: i32): f32 {
  let sum4 = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= d; i += 4) {
    const at = <usize>i * 4;
    sum4 = f32x4.add(sum4, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  }
  let sum = f32x4.extract_lane(sumLanes(sum4), 0);
  for (; i < d; i++) sum += load<f32>(a + <usize>i * 4) * load<f32>(b + <usize>i * 4);
  return sum;
}

/** Scores to probabilities p by their logarithms, and dp to the gradient of the scores, in place. */
function scoreGrads(
  p: usize, dp: usize, keys: i32, pitch: i32, scale: f32, logSum: f32, mean: f32,
): void {
  const bytes = <usize>pitch * 4;
  for (let i = <usize>keys * 4; i < bytes; i += 4) store<f32>(p + i, -Infinity);
  const scale4 = f32x4.splat(scale);
  const logSum4 = f32x4.splat(logSum);
  const mean4 = f32x4.splat(mean);
  for (let i: usize = 0; i < bytes; i += 16) {
    const e = exp4(f32x4.sub(f32x4.mul(v128.load(p + i), scale4), logSum4));
    v128.store(p + i, e);
    const g = f32x4.mul(e, f32x4.sub(v128.load(dp + i), mean4));
    v128.store(dp + i, f32x4.mul(g, scale4));
  }
}

/**
 * Chunk = (batch, head, slice of the queries): dq, and the slice's shares of dk and dv, to
 * partials[slice][2][batch, head][keys][depthPitch].
 */
export function attentionGradChunk(p: AttentionGrad, chunk: i32, scratch: usize): void {
  const c = p.channels;
  const d = p.depth;
  const slice = chunk % p.slices;
  const which = chunk / p.slices;
  const b = which / p.heads;
  const head = which % p.heads;
  const packed = p.packed + <usize>which * <usize>p.headBytes;
  const panels = <usize>(p.pitch * d) * 4;
  const lda = <usize>c * 4;
  const pitch = <usize>p.pitch * 4;
  const scores = scratch;
  const grads = scores + <usize>p.rowsPerBlock * pitch;
  const spare = grads + <usize>p.rowsPerBlock * pitch;
  const pairs = spare + <usize>p.rowsPerBlock * 64;
  const share = <usize>(p.keys * p.depthPitch) * 4;
  const all = <usize>(p.batch * p.heads) * share;
  const dk = p.partials + <usize>slice * all * 2 + <usize>which * share;
  const dv = dk + all;
  const from = slice * p.sliceRows;
  const to = min(p.queries, from + p.sliceRows);
  let fresh = 1;
  for (let first = from; first < to; first += p.rowsPerBlock) {
    const rows = min(p.rowsPerBlock, to - first);
    const q = headAt(p.q, b, p.queries, first, c, head, d);
    const y = headAt(p.y, b, p.queries, first, c, head, d);
    const dy = headAt(p.dy, b, p.queries, first, c, head, d);
    const dq = headAt(p.dq, b, p.queries, first, c, head, d);
    product(q, lda, rows, packed, d, p.pitch, scores, pitch, spare, 0, 0, 0);
    product(dy, lda, rows, packed + panels, d, p.pitch, grads, pitch, spare, 0, 0, 0);
    let logSum = p.logSums + <usize>((b * p.queries + first) * p.heads + head) * 4;
    for (let r = 0; r < rows; r++) {
      const mean = dot(y + <usize>r * lda, dy + <usize>r * lda, d);
      const at = <usize>r * pitch;
      scoreGrads(scores + at, grads + at, p.keys, p.pitch, p.scale, load<f32>(logSum), mean);
      logSum += <usize>p.heads * 4;
    }
    product(grads, pitch, rows, packed + panels * 2, p.keys, d, dq, lda, spare, 0, 0, 0);
    pair(pairs, rows, grads, pitch, q, lda);
    addTransposed(pairs, rows, 0, p.keys, d, dk, <usize>p.depthPitch * 4, fresh);
    pair(pairs, rows, scores, pitch, dy, lda);
    addTransposed(pairs, rows, 0, p.keys, d, dv, <usize>p.depthPitch * 4, fresh);
    fresh = 0;
  }
}

/** Adds the slices in their order. Chunk = (batch, head). */
export function attentionGradSumChunk(p: AttentionGrad, chunk: i32): void {
  const b = chunk / p.heads;
  const head = chunk % p.heads;
  const share = <usize>(p.keys * p.depthPitch) * 4;
  const all = <usize>(p.batch * p.heads) * share;
  for (let which = 0; which < 2; which++) {
    const out = which ? p.dv : p.dk;
    const from = p.partials + <usize>which * all + <usize>chunk * share;
    for (let key = 0; key < p.keys; key++) {
      const row = from + <usize>(key * p.depthPitch) * 4;
      const to = headAt(out, b, p.keys, key, p.channels, head, p.depth);
      for (let i = 0; i < p.depth; i++) {
        const at = <usize>i * 4;
        let sum = load<f32>(row + at);
        for (let s = 1; s < p.slices; s++) sum += load<f32>(row + at + <usize>s * all * 2);
        store<f32>(to + at, sum);
      }
    }
  }
}
