// Winograd convolution in super-blocks of tiles that fit the cache:
//   V = transformed input [xi][tile][k], U = transformed filter [xi][panel][k][16],
//   forward and input gradient: M[xi] = V[xi] U[xi], then the output transform;
//   filter gradient: dU[xi] += V[xi]^T D[xi] with D the spread output gradient.
// xi runs over the positions of the transform domain, for each phase of the output.
// Maps come as tiles; with `gather` 2 a map is read as four maps of half the size, one for each parity
// of row and column, that lie side by side as channels: so a convolution of stride 2 becomes one of
// stride 1. With `step` 2 the outputs go to four such maps.
import {
  FILTER_ROWS, FilterPart, recordAt, TilePhase, WinogradFilter, WinogradFilterGrad, WinogradGemm,
  WinogradOutput, WinogradRank, WinogradRotate, WinogradTiles, XI_PAD,
} from "./jobs";
import { rank12, rank16, rank4, rank8, strip12, strip16, strip4, strip8 } from "./micro";
import { collect, filter, input, output, spread } from "./transforms";

/** M[xi] = V[xi] U[xi]. Chunk = (xi, row block, panel group); rows is a multiple of 6. */
export function winogradGemmChunk(p: WinogradGemm, chunk: i32): void {
  const rows = p.rows;
  const k = p.k;
  const panels = p.panels;
  const per = p.blockTiles;
  const blocks = p.rowBlocks;
  const groups = p.groups;
  const groupPanels = p.groupPanels;
  const group = chunk % groups;
  const block = (chunk / groups) % blocks;
  const xi = chunk / groups / blocks;
  const first = block * per;
  const last = min(rows / 6, first + per);
  const vRow = <usize>k * 4;
  const mRow = <usize>panels * 64;
  const v = p.v + <usize>xi * (<usize>rows * vRow + XI_PAD);
  const m = p.m + <usize>xi * (<usize>rows * mRow + XI_PAD);
  const u = p.u + <usize>xi * (<usize>(panels * k) * 64 + XI_PAD);
  const to = min(panels, group * groupPanels + groupPanels);
  const count = min(rows, last * 6) - first * 6;
  for (let panel = group * groupPanels; panel < to; panel++) {
    const b = u + <usize>(panel * k) * 64;
    const width = p.columns - panel * 16;
    const a = v + <usize>(first * 6) * vRow;
    const o = m + <usize>(first * 6) * mRow + <usize>panel * 64;
    if (width > 12) strip16(a, vRow, count, b, k, o, mRow, 0, 0, 0);
    else if (width > 8) strip12(a, vRow, count, b, k, o, mRow, 0, 0, 0);
    else if (width > 4) strip8(a, vRow, count, b, k, o, mRow, 0, 0, 0);
    else strip4(a, vRow, count, b, k, o, mRow, 0, 0, 0);
  }
}

/** dU[xi] = V[xi]^T D[xi], added to what is there unless `fresh`. Chunk = (xi, panel group). */
export function winogradRankChunk(p: WinogradRank, chunk: i32, scratch: usize): void {
  const rows = p.rows;
  const count = p.rows;
  const k = p.k;
  const panels = p.panels;
  const groups = p.groups;
  const groupPanels = p.groupPanels;
  const group = chunk % groups;
  const xi = chunk / groups;
  const vRow = <usize>k * 4;
  const dRow = <usize>panels * 64;
  const v = p.v + <usize>xi * (<usize>rows * vRow + XI_PAD);
  const d = p.d + <usize>xi * (<usize>rows * dRow + XI_PAD);
  const u = p.du + <usize>xi * (<usize>k * dRow + XI_PAD);
  const last = min(panels, group * groupPanels + groupPanels);
  let fresh = p.fresh;
  for (let from = 0; from < count; from += 128) {
    const live = min(128, count - from);
    for (let i = 0; i < live; i++) {
      store<usize>(scratch + <usize>i * 8, v + <usize>(from + i) * vRow);
      store<usize>(scratch + <usize>i * 8, d + <usize>(from + i) * dRow, 4);
    }
    for (let panel = group * groupPanels; panel < last; panel++) {
      const column = <usize>panel * 64;
      const width = p.columns - panel * 16;
      for (let i = 0; i < k; i += 6) {
        const start = min(i, k - 6);
        const skip = i - start;
        const a = <usize>start * 4;
        const o = u + <usize>i * dRow + column;
        if (width > 12) rank16(scratch, live, a, column, o, dRow, skip, 6 - skip, fresh);
        else if (width > 8) rank12(scratch, live, a, column, o, dRow, skip, 6 - skip, fresh);
        else if (width > 4) rank8(scratch, live, a, column, o, dRow, skip, 6 - skip, fresh);
        else rank4(scratch, live, a, column, o, dRow, skip, 6 - skip, fresh);
      }
    }
    fresh = 0;
  }
}

/**
 * Filter to U. A filter of stride 2 is four of stride 1, which lie below each other in K, or in
 * matrices of their own. Chunk = (FILTER_ROWS rows, panel).
 */
export function winogradFilterChunk(p: WinogradFilter, chunk: i32): void {
  const k = p.channels;
  const n = p.columns;
  const panels = p.panels;
  const scheme = p.scheme;
  const size = p.domain;
  const uRows = p.uRows;
  const parts = p.partsLength;
  const panel = chunk % panels;
  const first = chunk / panels * FILTER_ROWS;
  const last = min(k, first + FILTER_ROWS);
  const matrix = <usize>(k * n) * 4;
  const step = <usize>(panels * uRows) * 64 + XI_PAD;
  const width = min(16, n - panel * 16);
  for (let i = 0; i < parts; i++) {
    const part = recordAt<FilterPart>(p.parts, i);
    const taps = p.filter + <usize>part.tap * matrix + <usize>panel * 64;
    const u = p.u + <usize>part.position * step +
      <usize>(panel * uRows + part.row) * 64;
    // Row by row, so that the writes are as many streams as the domain has positions.
    for (let row = first; row < last; row++) {
      const to = u + <usize>row * 64;
      if (width < 16) {
        for (let xi = 0; xi < size * size; xi++) memory.fill(to + <usize>xi * step, 0, 64);
      }
      filter(
        scheme, taps + <usize>(row * n) * 4, <usize>p.rowStep * matrix,
        <usize>p.columnStep * matrix, to, <usize>size * step, step, width,
      );
    }
  }
}

/** dU to the filter gradient, part by part as above. Chunk = one row k. */
export function winogradFilterGradChunk(p: WinogradFilterGrad, chunk: i32): void {
  const n = p.columns;
  const size = <usize>p.domain;
  const ld = <usize>p.panels * 64;
  const step = <usize>p.uRows * ld + XI_PAD;
  const matrix = <usize>(p.channels * n) * 4;
  const parts = p.partsLength;
  for (let i = 0; i < parts; i++) {
    const part = recordAt<FilterPart>(p.parts, i);
    collect(
      p.scheme,
      p.du + <usize>(part.row + chunk) * ld,
      size * step,
      step,
      p.dFilter + <usize>part.tap * matrix + <usize>(chunk * n) * 4,
      <usize>p.rowStep * matrix,
      <usize>p.columnStep * matrix,
      n,
    );
  }
}

/**
 * Rotated and transposed filter: to[taps - 1 - t][b][a] = from[t][a][b]. Chunk = t.
 */
export function winogradRotateChunk(p: WinogradRotate, t: i32): void {
  const rows = p.rows;
  const columns = p.columns;
  const size = <usize>(rows * columns) * 4;
  const from = p.filter + <usize>t * size;
  const to = p.out + <usize>(p.taps - 1 - t) * size;
  const stride = <usize>columns * 4;
  const toStride = <usize>rows * 4;
  const wholeRows = rows & ~3;
  const wholeColumns = columns & ~3;
  for (let a = 0; a < rows; a++) {
    for (let b = a < wholeRows ? wholeColumns : 0; b < columns; b++) {
      store<f32>(
        to + <usize>b * toStride + <usize>a * 4,
        load<f32>(from + <usize>a * stride + <usize>b * 4),
      );
    }
  }
  for (let a = 0; a < wholeRows; a += 4) {
    for (let b = 0; b < wholeColumns; b += 4) {
      const s = from + <usize>a * stride + <usize>b * 4;
      const r0 = v128.load(s);
      const r1 = v128.load(s + stride);
      const r2 = v128.load(s + stride * 2);
      const r3 = v128.load(s + stride * 3);
      const l0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const l1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const h0 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const h1 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      const o = to + <usize>b * toStride + <usize>a * 4;
      v128.store(o, v128.shuffle<f32>(l0, l1, 0, 1, 4, 5));
      v128.store(o + toStride, v128.shuffle<f32>(l0, l1, 2, 3, 6, 7));
      v128.store(o + toStride * 2, v128.shuffle<f32>(h0, h1, 0, 1, 4, 5));
      v128.store(o + toStride * 3, v128.shuffle<f32>(h0, h1, 2, 3, 6, 7));
    }
  }
}

/** Copies a tile with zeros where it leaves the map. */
function copyTile(
  x: usize, h: i32, w: i32, pixel: usize, y0: i32, x0: i32, size: i32, to: usize,
): void {
  for (let i = 0; i < size; i++) {
    const y = y0 + i;
    for (let j = 0; j < size; j++) {
      const xx = x0 + j;
      if (<u32>y < <u32>h && <u32>xx < <u32>w) {
        memory.copy(to, x + <usize>(y * w + xx) * pixel, pixel);
      } else memory.fill(to, 0, pixel);
      to += pixel;
    }
  }
}

/** Tiles of a map to the transform domain; chunk = some tiles. */
export function winogradTilesChunk(p: WinogradTiles, chunk: i32, scratch: usize): void {
  const h = p.height;
  const w = p.width;
  const th = p.tilesHigh;
  const tw = p.tilesWide;
  const m = p.tileSize;
  const gather = p.gather;
  const isSpread = p.isSpread;
  const extent = (isSpread ? m : p.domain) * gather;
  const phases = p.phasesLength;
  const c = p.channels;
  const pixel = <usize>c * 4;
  const ld = <usize>p.rowFloats * 4;
  const step = <usize>p.rows * ld + XI_PAD;
  const toRow = <usize>p.domain * step;
  const nextPhase = <usize>p.domain * toRow;
  const first = p.firstTile;
  const from = chunk * p.tilesPerChunk;
  const to = min(p.tiles, from + p.tilesPerChunk);
  for (let t = from; t < to; t++) {
    const tile = first + t;
    const line = tile / tw;
    const image = p.x + <usize>(line / th * h * w) * pixel;
    let target = p.out + <usize>t * ld;
    for (let i = 0; i < phases; i++) {
      const phase = recordAt<TilePhase>(p.phases, i);
      const y0 = (line % th) * m * gather - phase.top;
      const x0 = (tile % tw) * m * gather - phase.left;
      let source = image + <usize>(y0 * w + x0) * pixel;
      let row = <usize>w * pixel;
      if (y0 < 0 || x0 < 0 || y0 + extent > h || x0 + extent > w) {
        copyTile(image, h, w, pixel, y0, x0, extent, scratch);
        source = scratch;
        row = <usize>extent * pixel;
      }
      if (isSpread) spread(p.scheme, source, row, pixel, target, toRow, step, c);
      else if (gather == 1) input(p.domain, source, row, pixel, target, toRow, step, c);
      else {
        for (let parity: usize = 0; parity < 4; parity++) {
          input(
            p.domain, source + (parity >> 1) * row + (parity & 1) * pixel, row * 2, pixel * 2,
            target + parity * pixel, toRow, step, c,
          );
        }
      }
      target += nextPhase;
    }
  }
}

/** Output transform of a super-block, with bias and activation; chunk = some tiles. */
export function winogradOutputChunk(p: WinogradOutput, chunk: i32): void {
  const ld = <usize>p.rowFloats * 4;
  const xi = <usize>p.rows * ld + XI_PAD;
  const oh = p.outHeight;
  const ow = p.outWidth;
  const n = p.outChannels;
  const th = p.tilesHigh;
  const tw = p.tilesWide;
  const first = p.firstTile;
  const m = p.tileSize;
  const from = chunk * p.tilesPerChunk;
  const to = min(p.tiles, from + p.tilesPerChunk);
  const bias = p.bias;
  const act = p.activation;
  const alpha = p.alpha;
  const way = p.scheme;
  const step = p.step;
  const nextPhase = <usize>p.positions * xi;
  const phases = p.phasesLength;
  const pixel = <usize>n * 4;
  const column = <usize>step * pixel;
  const row = <usize>ow * column;
  for (let t = from; t < to; t++) {
    const tile = first + t;
    const line = tile / tw;
    let source = p.m + <usize>t * ld;
    for (let i = 0; i < phases; i++) {
      const phase = recordAt<TilePhase>(p.phases, i);
      const y = (line % th) * m * step + phase.oy;
      const x = (tile % tw) * m * step + phase.ox;
      const rows = (oh - y + step - 1) / step;
      const columns = (ow - x + step - 1) / step;
      const out = p.out + <usize>((line / th * oh + y) * ow + x) * pixel;
      output(way, source, xi, out, row, column, rows, columns, n, bias, act, alpha);
      source += nextPhase;
    }
  }
}
