// Implicit GEMM with an indirection buffer: the forward pass and the input gradient.
//
// out[m][n] = sum over taps t, k < K of x[pointer(m, t) + k] * packed[panel][t][k][n]
// A sub-problem is one phase of the output grid (stride² of them for an input gradient).
import { strip16, strip12, strip8, strip4, tile16, tile12, tile8, tile4 } from "./micro";
import {
  G_ACT, G_ALPHA, G_BATCH, G_BATCH_INNER, G_BIAS, G_BLOCK_TILES, G_C, G_DENSE, G_FIRST_PANEL, G_GROUPS,
  G_GROUP_PANELS, G_IH, G_IW, G_M_BLOCKS, G_N, G_OSX, G_OSY, G_OUT, G_OUTH, G_OUTW, G_PACKED,
  G_PANELS, G_SUBS, G_SX, G_SY, G_X, G_ZERO, SUB_K, SUB_OH, SUB_OW, SUB_OX, SUB_OY, SUB_PACKED,
  SUB_PANEL, SUB_SIZE, SUB_TAPS, SUB_TAP_TABLE, TAP_SIZE,
} from "./layout";

const MR: i32 = 6;
const ENTRY: i32 = 28; // one tap of one tile: weight pointer and six row pointers

/** Chunk = (sub-problem, row block, panel group). */
export function gemmChunk(p: usize, chunk: i32, scratch: usize): void {
  const groups = load<i32>(p, G_GROUPS);
  const mBlocks = load<i32>(p, G_M_BLOCKS);
  const group = chunk % groups;
  const rest = chunk / groups;
  const block = rest % mBlocks;
  const sub = load<usize>(p, G_SUBS) + <usize>(rest / mBlocks) * SUB_SIZE;

  const batch = load<i32>(p, G_BATCH);
  const oh = load<i32>(sub, SUB_OH);
  const ow = load<i32>(sub, SUB_OW);
  const m = batch * oh * ow;
  const blockTiles = load<i32>(p, G_BLOCK_TILES);
  const first = block * blockTiles * MR;
  if (first >= m) return;
  const count = min(blockTiles * MR, m - first);
  const tiles = (count + MR - 1) / MR;

  const taps = load<i32>(sub, SUB_TAPS);
  const k = load<i32>(sub, SUB_K);
  if (load<i32>(p, G_DENSE)) {
    denseBlock(p, sub, first, count, group, scratch);
    return;
  }
  // Scratch: active taps per tile | out pointers | spare rows | entries.
  const active = scratch;
  const outs = scratch + 1024;
  const spare = outs + 64 * MR * 4;
  const entries = spare + 1024;
  gather(p, sub, first, count, tiles, taps, active, outs, entries, spare);

  const n = load<i32>(p, G_N);
  const panels = load<i32>(p, G_PANELS);
  const firstPanel = load<i32>(p, G_FIRST_PANEL);
  const from = group * load<i32>(p, G_GROUP_PANELS);
  const to = min(from + load<i32>(p, G_GROUP_PANELS), panels);
  const packed = load<usize>(p, G_PACKED) + load<usize>(sub, SUB_PACKED);
  const panelBytes = load<usize>(sub, SUB_PANEL);
  const act = load<i32>(p, G_ACT);
  const alpha = load<f32>(p, G_ALPHA);
  const biasBase = load<usize>(p, G_BIAS);
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
  p: usize, sub: usize, first: i32, count: i32, group: i32, scratch: usize,
): void {
  const k = load<i32>(sub, SUB_K);
  const n = load<i32>(p, G_N);
  const firstPanel = load<i32>(p, G_FIRST_PANEL);
  const from = group * load<i32>(p, G_GROUP_PANELS);
  const to = min(from + load<i32>(p, G_GROUP_PANELS), load<i32>(p, G_PANELS));
  const panelBytes = load<usize>(sub, SUB_PANEL);
  const packed = load<usize>(p, G_PACKED) + load<usize>(sub, SUB_PACKED);
  const lda = <usize>k * 4;
  const ldo = <usize>n * 4;
  const a = load<usize>(p, G_X) + <usize>first * lda;
  const act = load<i32>(p, G_ACT);
  const alpha = load<f32>(p, G_ALPHA);
  const biasBase = load<usize>(p, G_BIAS);
  for (let panel = from; panel < to; panel++) {
    const column = (firstPanel + panel) * 16;
    const width = min(16, n - column);
    const bias = biasBase ? biasBase + <usize>column * 4 : 0;
    const b = packed + <usize>panel * panelBytes;
    const out = load<usize>(p, G_OUT) + <usize>first * ldo + <usize>column * 4;
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
  p: usize, sub: usize, first: i32, count: i32, tiles: i32, taps: i32,
  active: usize, outs: usize, entries: usize, spare: usize,
): void {
  const x = load<usize>(p, G_X);
  const zero = load<usize>(p, G_ZERO);
  const ih = load<i32>(p, G_IH);
  const iw = load<i32>(p, G_IW);
  const pixel = load<i32>(p, G_C) * 4;
  const batch = load<i32>(p, G_BATCH);
  const sy = load<i32>(p, G_SY);
  const sx = load<i32>(p, G_SX);
  const oh = load<i32>(sub, SUB_OH);
  const ow = load<i32>(sub, SUB_OW);
  const out = load<usize>(p, G_OUT);
  const outH = load<i32>(p, G_OUTH);
  const outW = load<i32>(p, G_OUTW);
  const osy = load<i32>(p, G_OSY);
  const osx = load<i32>(p, G_OSX);
  const oy0 = load<i32>(sub, SUB_OY);
  const ox0 = load<i32>(sub, SUB_OX);
  const outPixel = load<i32>(p, G_N) * 4;
  const batchInner = load<i32>(p, G_BATCH_INNER);
  const table = load<usize>(sub, SUB_TAP_TABLE);
  const tapBytes = load<i32>(sub, SUB_K) * 64;
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
      const tap = table + <usize>t * TAP_SIZE;
      const dy = load<i32>(tap);
      const dx = load<i32>(tap, 4);
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
