// Filters to the Winograd domain and their gradients back.
import { collect, filter } from "./transforms";
import { XI_PAD } from "./winograd";

// Filter to U, and dU to the filter gradient. A filter of stride 2 is four of stride 1, which lie
// below each other in K, or in matrices of their own.
const FILTER: usize = 0; // [taps][k][n]
const U: usize = 4;
const K: usize = 8;
const N: usize = 12;
const PANELS: usize = 16;
const WAY: usize = 20;
const SIZE: usize = 24; // values of the domain per axis
const ROW: usize = 28; // taps between the rows and the columns of one part
const COLUMN: usize = 32;
const U_ROWS: usize = 36; // rows of a matrix of U
const PARTS: usize = 40;
const PART_TABLE: usize = 44; // first tap, first row of U, first position

/** Filter to U. Chunk = (32 rows, panel). */
export function winoFilterChunk(p: usize, chunk: i32): void {
  const k = load<i32>(p, K);
  const n = load<i32>(p, N);
  const panels = load<i32>(p, PANELS);
  const way = load<i32>(p, WAY);
  const size = load<i32>(p, SIZE);
  const uRows = load<i32>(p, U_ROWS);
  const parts = load<i32>(p, PARTS);
  const panel = chunk % panels;
  const first = chunk / panels * 32;
  const last = min(k, first + 32);
  const matrix = <usize>(k * n) * 4;
  const step = <usize>(panels * uRows) * 64 + XI_PAD;
  const width = min(16, n - panel * 16);
  for (let part = 0; part < parts; part++) {
    const entry = p + PART_TABLE + <usize>part * 12;
    const taps = load<usize>(p) + load<usize>(entry) * matrix + <usize>panel * 64;
    const u = load<usize>(p, U) + load<usize>(entry, 8) * step +
      <usize>(panel * uRows + load<i32>(entry, 4)) * 64;
    // Row by row, so that the writes are as many streams as the domain has positions.
    for (let row = first; row < last; row++) {
      const to = u + <usize>row * 64;
      if (width < 16) {
        for (let xi = 0; xi < size * size; xi++) memory.fill(to + <usize>xi * step, 0, 64);
      }
      filter(
        way, taps + <usize>(row * n) * 4, load<usize>(p, ROW) * matrix,
        load<usize>(p, COLUMN) * matrix, to, <usize>size * step, step, width,
      );
    }
  }
}

/** dU to the filter gradient, the words as above. Chunk = one row k. */
export function winoCollectChunk(p: usize, chunk: i32): void {
  const n = load<i32>(p, N);
  const size = load<usize>(p, SIZE);
  const ld = load<usize>(p, PANELS) * 64;
  const step = load<usize>(p, U_ROWS) * ld + XI_PAD;
  const matrix = <usize>(load<i32>(p, K) * n) * 4;
  const parts = load<i32>(p, PARTS);
  for (let part = 0; part < parts; part++) {
    const entry = p + PART_TABLE + <usize>part * 12;
    collect(
      load<i32>(p, WAY),
      load<usize>(p, U) + <usize>(load<i32>(entry, 4) + chunk) * ld,
      size * step,
      step,
      load<usize>(p) + load<usize>(entry) * matrix + <usize>(chunk * n) * 4,
      load<usize>(p, ROW) * matrix,
      load<usize>(p, COLUMN) * matrix,
      n,
    );
  }
}

/**
 * Rotated and transposed filter: to[taps - 1 - t][b][a] = from[t][a][b]. Words: from, to, a,
 * b, taps. Chunk = t.
 */
export function winoRotateChunk(p: usize, t: i32): void {
  const rows = load<i32>(p, 8);
  const columns = load<i32>(p, 12);
  const size = <usize>(rows * columns) * 4;
  const from = load<usize>(p) + <usize>t * size;
  const to = load<usize>(p, 4) + <usize>(load<i32>(p, 16) - 1 - t) * size;
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
