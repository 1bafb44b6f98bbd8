// Winograd convolution for 3x3 filters of stride 1, in super-blocks of tiles that fit the cache:
//   V = transformed input [xi][tile][cin], U = transformed filter [xi][panel][cin][16],
//   forward and input gradient: M[xi] = V[xi] U[xi], then the output transform;
//   filter gradient: dU[xi] += V[xi]^T D[xi] with D the spread output gradient.
// Words of the block: see the constants.
import { rank16, tile16 } from "./micro";
import {
  collect2, collect4, filter2, filter4, input2, input4, output2, output4, spread2, spread4,
} from "./transforms";

/** Bytes between the matrices of two positions xi, so that they do not share cache sets. */
const XI_PAD: usize = 192;

const X: usize = 0; // input or output gradient, [batch, H, W, C]
const H: usize = 4;
const W: usize = 8;
const C: usize = 12;
const TH: usize = 16; // tiles along each axis
const TW: usize = 20;
const TOP: usize = 24;
const LEFT: usize = 28;
const FIRST: usize = 32; // first tile of the super-block, tiles in it, the same rounded to 6
const COUNT: usize = 36;
const ROWS: usize = 40;
const TO: usize = 44; // V, D
const LD: usize = 48; // floats per tile and xi in TO
const SIZE: usize = 52; // m
const PER: usize = 56; // tiles per chunk
const SPREAD: usize = 60;

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
export function winoInputChunk(p: usize, chunk: i32, scratch: usize): void {
  const h = load<i32>(p, H);
  const w = load<i32>(p, W);
  const c = load<i32>(p, C);
  const th = load<i32>(p, TH);
  const tw = load<i32>(p, TW);
  const m = load<i32>(p, SIZE);
  const spread = load<i32>(p, SPREAD);
  const size = spread ? m : m + 2;
  const pixel = <usize>c * 4;
  const ld = load<usize>(p, LD) * 4;
  const step = load<usize>(p, ROWS) * ld + XI_PAD;
  const from = chunk * load<i32>(p, PER);
  const to = min(load<i32>(p, COUNT), from + load<i32>(p, PER));
  const first = load<i32>(p, FIRST);
  for (let t = from; t < to; t++) {
    const tile = first + t;
    const tx = tile % tw;
    const line = tile / tw;
    const y0 = (line % th) * m - load<i32>(p, TOP);
    const x0 = tx * m - load<i32>(p, LEFT);
    const image = load<usize>(p, X) + <usize>(line / th * h * w) * pixel;
    let source = image + <usize>(y0 * w + x0) * pixel;
    let row = <usize>w * pixel;
    if (y0 < 0 || x0 < 0 || y0 + size > h || x0 + size > w) {
      copyTile(image, h, w, pixel, y0, x0, size, scratch);
      source = scratch;
      row = <usize>size * pixel;
    }
    const target = load<usize>(p, TO) + <usize>t * ld;
    if (m == 4) {
      if (spread) spread4(source, row, pixel, target, step, c);
      else input4(source, row, pixel, target, step, c);
    } else {
      if (spread) spread2(source, row, pixel, target, step, c);
      else input2(source, row, pixel, target, step, c);
    }
  }
}

/** Filter [9][k][n] to U. Words: w, U, k, n, panels, m. Chunk = (32 rows, panel). */
export function winoFilterChunk(p: usize, chunk: i32): void {
  const k = load<i32>(p, 8);
  const n = load<i32>(p, 12);
  const panels = load<i32>(p, 16);
  const m = load<i32>(p, 20);
  const panel = chunk % panels;
  const first = chunk / panels * 32;
  const last = min(k, first + 32);
  const matrix = <usize>(k * n) * 4;
  const step = <usize>(panels * k) * 64 + XI_PAD;
  const width = min(16, n - panel * 16);
  // Row by row, so that the writes are as many streams as the domain has positions.
  for (let row = first; row < last; row++) {
    const from = load<usize>(p) + <usize>(row * n + panel * 16) * 4;
    const to = load<usize>(p, 4) + <usize>(panel * k + row) * 64;
    if (width < 16) {
      for (let xi = 0; xi < (m + 2) * (m + 2); xi++) memory.fill(to + <usize>xi * step, 0, 64);
    }
    if (m == 4) filter4(from, matrix * 3, matrix, to, step, width);
    else filter2(from, matrix * 3, matrix, to, step, width);
  }
}

/** Rotated and transposed filter: to[8 - t][b][a] = from[t][a][b]. Words: from, to, a, b. Chunk = t. */
export function winoRotateChunk(p: usize, t: i32): void {
  const rows = load<i32>(p, 8);
  const columns = load<i32>(p, 12);
  const size = <usize>(rows * columns) * 4;
  const from = load<usize>(p) + <usize>t * size;
  const to = load<usize>(p, 4) + <usize>(8 - t) * size;
  const stride = <usize>columns * 4;
  const toStride = <usize>rows * 4;
  for (let a = 0; a < rows; a += 4) {
    for (let b = 0; b < columns; b += 4) {
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

/**
 * M[xi] = V[xi] U[xi]. Words: V, U, M, rows (a multiple of 6), k, panels, tiles of 6 per block,
 * blocks, groups, panels per group. Chunk = (xi, row block, panel group).
 */
export function winoGemmChunk(p: usize, chunk: i32, scratch: usize): void {
  const rows = load<i32>(p, 12);
  const k = load<i32>(p, 16);
  const panels = load<i32>(p, 20);
  const per = load<i32>(p, 24);
  const blocks = load<i32>(p, 28);
  const groups = load<i32>(p, 32);
  const groupPanels = load<i32>(p, 36);
  const group = chunk % groups;
  const block = (chunk / groups) % blocks;
  const xi = chunk / groups / blocks;
  const first = block * per;
  const last = min(rows / 6, first + per);
  const vRow = <usize>k * 4;
  const mRow = <usize>panels * 64;
  const v = load<usize>(p) + <usize>xi * (<usize>rows * vRow + XI_PAD);
  const m = load<usize>(p, 8) + <usize>xi * (<usize>rows * mRow + XI_PAD);
  const u = load<usize>(p, 4) + <usize>xi * (<usize>(panels * k) * 64 + XI_PAD);
  const to = min(panels, group * groupPanels + groupPanels);
  const outs = scratch + 64;
  store<usize>(scratch, 0);
  for (let panel = group * groupPanels; panel < to; panel++) {
    const b = u + <usize>(panel * k) * 64;
    for (let tile = first; tile < last; tile++) {
      const a = v + <usize>(tile * 6) * vRow;
      const o = m + <usize>(tile * 6) * mRow + <usize>panel * 64;
      for (let r: usize = 0; r < 6; r++) {
        store<usize>(scratch + 4 + r * 4, a + r * vRow);
        store<usize>(outs + r * 4, o + r * mRow);
      }
      tile16(scratch, 1, b, k, outs, 0, 0, 0);
    }
  }
}

/**
 * Output transform of a super-block. Words: M, rows, floats per row, out, OH, OW, n, TH, TW, first
 * tile, tiles, m, tiles per chunk, bias, activation; float: alpha.
 */
export function winoOutputChunk(p: usize, chunk: i32): void {
  const ld = load<usize>(p, 8) * 4;
  const step = load<usize>(p, 4) * ld + XI_PAD;
  const oh = load<i32>(p, 16);
  const ow = load<i32>(p, 20);
  const n = load<i32>(p, 24);
  const th = load<i32>(p, 28);
  const tw = load<i32>(p, 32);
  const first = load<i32>(p, 36);
  const m = load<i32>(p, 44);
  const from = chunk * load<i32>(p, 48);
  const to = min(load<i32>(p, 40), from + load<i32>(p, 48));
  const pixel = <usize>n * 4;
  const bias = load<usize>(p, 52);
  const act = load<i32>(p, 56);
  const alpha = load<f32>(p, 60);
  for (let t = from; t < to; t++) {
    const tile = first + t;
    const line = tile / tw;
    const y = (line % th) * m;
    const x = (tile % tw) * m;
    const out = load<usize>(p, 12) + <usize>((line / th * oh + y) * ow + x) * pixel;
    const source = load<usize>(p) + <usize>t * ld;
    const rows = min(m, oh - y);
    const columns = min(m, ow - x);
    const row = <usize>ow * pixel;
    if (m == 4) output4(source, step, out, row, pixel, rows, columns, n, bias, act, alpha);
    else output2(source, step, out, row, pixel, rows, columns, n, bias, act, alpha);
  }
}

/**
 * dU[xi] (+)= V[xi]^T D[xi]. Words: V, D, dU, rows (stride), tiles, k, panels, groups, panels per
 * group, fresh. Chunk = (xi, panel group).
 */
export function winoRankChunk(p: usize, chunk: i32, scratch: usize): void {
  const rows = load<i32>(p, 12);
  const count = load<i32>(p, 16);
  const k = load<i32>(p, 20);
  const panels = load<i32>(p, 24);
  const groups = load<i32>(p, 28);
  const groupPanels = load<i32>(p, 32);
  const group = chunk % groups;
  const xi = chunk / groups;
  const vRow = <usize>k * 4;
  const dRow = <usize>panels * 64;
  const v = load<usize>(p) + <usize>xi * (<usize>rows * vRow + XI_PAD);
  const d = load<usize>(p, 4) + <usize>xi * (<usize>rows * dRow + XI_PAD);
  const u = load<usize>(p, 8) + <usize>xi * (<usize>k * dRow + XI_PAD);
  const last = min(panels, group * groupPanels + groupPanels);
  let fresh = load<i32>(p, 36);
  for (let from = 0; from < count; from += 128) {
    const live = min(128, count - from);
    for (let i = 0; i < live; i++) {
      store<usize>(scratch + <usize>i * 8, v + <usize>(from + i) * vRow);
      store<usize>(scratch + <usize>i * 8, d + <usize>(from + i) * dRow, 4);
    }
    for (let panel = group * groupPanels; panel < last; panel++) {
      const column = <usize>panel * 64;
      for (let i = 0; i < k; i += 6) {
        const start = min(i, k - 6);
        const skip = i - start;
        rank16(
          scratch, live, <usize>start * 4, column, u + <usize>i * dRow + column, dRow, skip,
          6 - skip, fresh,
        );
      }
    }
    fresh = 0;
  }
}

/** dU to the filter gradient. Words: dU, dW, k, n, panels, m. Chunk = one row k. */
export function winoCollectChunk(p: usize, chunk: i32): void {
  const k = load<i32>(p, 8);
  const n = load<i32>(p, 12);
  const ld = load<usize>(p, 16) * 64;
  const m = load<i32>(p, 20);
  const step = <usize>k * ld + XI_PAD;
  const from = load<usize>(p) + <usize>chunk * ld;
  const to = load<usize>(p, 4) + <usize>(chunk * n) * 4;
  const matrix = <usize>(k * n) * 4;
  if (m == 4) collect4(from, step * 6, step, to, matrix, n);
  else collect2(from, step * 4, step, to, matrix, n);
}
