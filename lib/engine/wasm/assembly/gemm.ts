// Implicit GEMM with an indirection buffer: the forward pass and the input gradient.
//
// out[m][n] = sum over taps t, k < K of x[pointer(m, t) + k] * packed[panel][t][k][n]
// A phase is a part of the output grid (an input gradient has stride² of them).
import { Gemm, GemmPhase, recordAt, Tap } from "./jobs";
import { strip16, strip12, strip8, strip4, tile16, tile12, tile8, tile4 } from "./micro";

const MR: i32 = 6;
const ENTRY: i32 = 28; // one tap of one tile: weight pointer and six row pointers

/** Chunk = (phase, row block, panel group). */
export function gemmChunk(p: Gemm, chunk: i32, scratch: usize): void {
  const groups = p.groups;
  const mBlocks = p.rowBlocks;
  const group = chunk % groups;
  const rest = chunk / groups;
  const block = rest % mBlocks;
  const phase = recordAt<GemmPhase>(p.phases, rest / mBlocks);

  const batch = p.batch;
  const oh = phase.height;
  const ow = phase.width;
  const m = batch * oh * ow;
  const blockTiles = p.blockTiles;
  const first = block * blockTiles * MR;
  if (first >= m) return;
  const count = min(blockTiles * MR, m - first);
  const tiles = (count + MR - 1) / MR;

  const taps = phase.tapsLength;
  const k = phase.depth;
  if (p.dense) {
    denseBlock(p, phase, first, count, group, scratch);
    return;
  }
  // Scratch: active taps per tile | out pointers | spare rows | entries.
  const active = scratch;
  const outs = scratch + 1024;
  const spare = outs + 64 * MR * 4;
  const entries = spare + 1024;
  gather(p, phase, first, count, tiles, taps, active, outs, entries, spare);

  const n = p.columns;
  const panels = p.panels;
  const firstPanel = p.firstPanel;
  const from = group * p.groupPanels;
  const to = min(from + p.groupPanels, panels);
  const packed = p.packed + <usize>phase.packedOffset;
  const panelBytes = <usize>phase.panelBytes;
  const act = p.activation;
  const alpha = p.alpha;
  const biasBase = p.bias;
  const rowPointers = spare + 512;

  for (let panel = from; panel < to; panel++) {
    const column = (firstPanel + panel) * 16;
    const width = min(16, n - column);
    const bias = biasBase ? biasBase + <usize>column * 4 : 0;
    const b = packed + <usize>panel * panelBytes;
    let entry = entries;
    for (let tile = 0; tile < tiles; tile++) {
      const live = load<i32>(active + <usize>tile * 4);
      const rows = min(MR, count - tile * MR);
      const out = outs + <usize>tile * MR * 4;
      // Whole vectors go straight to the output; a ragged edge goes through spare rows.
      const direct = rows == MR && (width & 3) == 0;
      const step: usize = direct ? <usize>column * 4 : 0;
      if (direct) {
        for (let r: usize = 0; r < 6; r++) {
          store<usize>(rowPointers + r * 4, load<usize>(out + r * 4) + step);
        }
      } else {
        for (let r: usize = 0; r < 6; r++) store<usize>(rowPointers + r * 4, spare + r * 64);
      }
      if (width > 12) tile16(entry, live, b, k, rowPointers, bias, act, alpha);
      else if (width > 8) tile12(entry, live, b, k, rowPointers, bias, act, alpha);
      else if (width > 4) tile8(entry, live, b, k, rowPointers, bias, act, alpha);
      else tile4(entry, live, b, k, rowPointers, bias, act, alpha);
      if (!direct) {
        for (let r = 0; r < rows; r++) {
          memory.copy(
            load<usize>(out + <usize>r * 4) + <usize>column * 4,
            spare + <usize>r * 64,
            <usize>width * 4,
          );
        }
      }
      entry += <usize>taps * ENTRY;
    }
  }
}

/** Pixels `first`.. of a 1x1 convolution: their operands lie one after the other. */
function denseBlock(
  p: Gemm, phase: GemmPhase, first: i32, count: i32, group: i32, scratch: usize,
): void {
  const k = phase.depth;
  const n = p.columns;
  const firstPanel = p.firstPanel;
  const from = group * p.groupPanels;
  const to = min(from + p.groupPanels, p.panels);
  const panelBytes = <usize>phase.panelBytes;
  const packed = p.packed + <usize>phase.packedOffset;
  const lda = <usize>k * 4;
  const ldo = <usize>n * 4;
  const a = p.x + <usize>first * lda;
  const act = p.activation;
  const alpha = p.alpha;
  const biasBase = p.bias;
  for (let panel = from; panel < to; panel++) {
    const column = (firstPanel + panel) * 16;
    const width = min(16, n - column);
    const bias = biasBase ? biasBase + <usize>column * 4 : 0;
    const b = packed + <usize>panel * panelBytes;
    const out = p.out + <usize>first * ldo + <usize>column * 4;
    // A ragged edge goes through rows of a whole number of vectors.
    const direct = (width & 3) == 0;
    const o = direct ? out : scratch;
    const l = direct ? ldo : 64;
    if (width > 12) strip16(a, lda, count, b, k, o, l, bias, act, alpha);
    else if (width > 8) strip12(a, lda, count, b, k, o, l, bias, act, alpha);
    else if (width > 4) strip8(a, lda, count, b, k, o, l, bias, act, alpha);
    else strip4(a, lda, count, b, k, o, l, bias, act, alpha);
    if (!direct) copyRows(scratch, out, ldo, count, <usize>width * 4);
  }
}

/** Rows of 64 bytes, of which `bytes` count, to rows `stride` bytes apart. */
function copyRows(from: usize, to: usize, stride: usize, count: i32, bytes: usize): void {
  for (let r = 0; r < count; r++) {
    for (let i: usize = 0; i < bytes; i += 4) store<i32>(to + i, load<i32>(from + i));
    from += 64;
    to += stride;
  }
}

/** Fills the indirection buffer; a tap that is padding for a whole tile is left out. */
function gather(
  p: Gemm, phase: GemmPhase, first: i32, count: i32, tiles: i32, taps: i32,
  active: usize, outs: usize, entries: usize, spare: usize,
): void {
  const x = p.x;
  const zero = p.zero;
  const ih = p.inHeight;
  const iw = p.inWidth;
  const pixel = p.channels * 4;
  const batch = p.batch;
  const sy = p.strideY;
  const sx = p.strideX;
  const oh = phase.height;
  const ow = phase.width;
  const out = p.out;
  const outH = p.outHeight;
  const outW = p.outWidth;
  const osy = p.outStrideY;
  const osx = p.outStrideX;
  const oy0 = phase.oy;
  const ox0 = phase.ox;
  const outPixel = p.columns * 4;
  const batchInner = p.batchInner;
  const table = phase.taps;
  const tapBytes = phase.depth * 64;
  const rows = spare + 640; // b, y, x of the tile's six pixels

  const position = batchInner ? first / batch : first;
  let xx = position % ow;
  let y = position / ow % oh;
  let b = batchInner ? first % batch : position / ow / oh;
  for (let tile = 0; tile < tiles; tile++) {
    for (let r = 0; r < MR; r++) {
      const o = rows + <usize>r * 12;
      store<i32>(o, b * ih);
      store<i32>(o + 4, y * sy);
      store<i32>(o + 8, xx * sx);
      store<usize>(
        outs + <usize>(tile * MR + r) * 4,
        out + <usize>((b * outH + y * osy + oy0) * outW + xx * osx + ox0) * outPixel,
      );
      // The last pixel fills the rest of its tile.
      if (tile * MR + r < count - 1) {
        if (batchInner && ++b < batch) continue;
        if (batchInner) b = 0;
        if (++xx < ow) continue;
        xx = 0;
        if (++y < oh) continue;
        y = 0;
        if (!batchInner) b++;
      }
    }
    let entry = entries + <usize>tile * taps * ENTRY;
    let live = 0;
    for (let t = 0; t < taps; t++) {
      const tap = recordAt<Tap>(table, t);
      const dy = tap.dy;
      const dx = tap.dx;
      let any = 0;
      for (let r = 0; r < MR; r++) {
        const o = rows + <usize>r * 12;
        const iy = load<i32>(o, 4) + dy;
        const ix = load<i32>(o, 8) + dx;
        const inside = i32(<u32>iy < <u32>ih) & i32(<u32>ix < <u32>iw);
        any |= inside;
        store<usize>(
          entry + <usize>(r + 1) * 4,
          inside ? x + <usize>((load<i32>(o) + iy) * iw + ix) * pixel : zero,
        );
      }
      if (any) {
        store<usize>(entry, <usize>t * tapBytes);
        entry += ENTRY;
        live++;
      }
    }
    store<i32>(active + <usize>tile * 4, live);
  }
}
