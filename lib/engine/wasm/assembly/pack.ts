// Copies that put operands where the micro-kernels can stream them.
import { Gemm, GemmPhase, Pad, recordAt, Repeat, Tap } from "./jobs";

/** Filter to [phase][panel][tap][k][16]; chunk = (phase, panel). Missing columns become zero. */
export function packChunk(p: Gemm, chunk: i32): void {
  const panels = p.panels;
  const panel = chunk % panels;
  const phase = recordAt<GemmPhase>(p.phases, chunk / panels);
  const w = p.filter;
  const cin = p.filterRows;
  const cout = p.filterColumns;
  const n = p.columns;
  const column = (p.firstPanel + panel) * 16;
  const width = min(16, n - column);
  const taps = phase.tapsLength;
  const run = phase.run;
  const table = phase.taps;
  let to = p.packed + <usize>phase.packedOffset +
    <usize>panel * <usize>phase.panelBytes;
  const transposed = p.transposed;
  for (let t = 0; t < taps; t++) {
    const tap = recordAt<Tap>(table, t);
    const index = tap.index;
    const step = tap.step;
    for (let j = 0; j < run; j++) {
      const matrix = w + <usize>((index + j * step) * cin * cout) * 4;
      if (transposed) to = packTransposed(matrix, cout, cout, column, width, to);
      else to = packRows(matrix, cin, cout, column, width, to);
    }
  }
}

/** `rows` rows of 16 columns of a [rows][ld] matrix. */
export function packRows(
  matrix: usize, rows: i32, ld: i32, column: i32, width: i32, to: usize,
): usize {
  let from = matrix + <usize>column * 4;
  const stride = <usize>ld * 4;
  if (width == 16) {
    for (let r = 0; r < rows; r++) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      v128.store(to, v128.load(from, 32), 32);
      v128.store(to, v128.load(from, 48), 48);
      from += stride;
      to += 64;
    }
    return to;
  }
  for (let r = 0; r < rows; r++) {
    memory.fill(to, 0, 64);
    memory.copy(to, from, <usize>width * 4);
    from += stride;
    to += 64;
  }
  return to;
}

/** Rows `column`.. of `depth` values of a [.][ld] matrix as columns: to[k][r] = matrix[column + r][k]. */
export function packTransposed(
  matrix: usize, depth: i32, ld: i32, column: i32, width: i32, to: usize,
): usize {
  const stride = <usize>ld * 4;
  const base = matrix + <usize>column * stride;
  const whole = depth & ~3;
  for (let r = 0; r < 16; r += 4) {
    const lanes = to + <usize>r * 4;
    if (r + 4 <= width) {
      const r0 = base + <usize>r * stride;
      const r1 = r0 + stride;
      const r2 = r1 + stride;
      const r3 = r2 + stride;
      for (let k = 0; k < whole; k += 4) {
        const at = <usize>k * 4;
        const a = v128.load(r0 + at);
        const b = v128.load(r1 + at);
        const c = v128.load(r2 + at);
        const d = v128.load(r3 + at);
        const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
        const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
        const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
        const CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
        const o = lanes + <usize>k * 64;
        v128.store(o, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
        v128.store(o, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), 64);
        v128.store(o, v128.shuffle<f32>(AB, CD, 0, 1, 4, 5), 128);
        v128.store(o, v128.shuffle<f32>(AB, CD, 2, 3, 6, 7), 192);
      }
      for (let k = whole; k < depth; k++) {
        const at = <usize>k * 4;
        const o = lanes + <usize>k * 64;
        store<f32>(o, load<f32>(r0 + at));
        store<f32>(o, load<f32>(r1 + at), 4);
        store<f32>(o, load<f32>(r2 + at), 8);
        store<f32>(o, load<f32>(r3 + at), 12);
      }
    } else {
      for (let i = 0; i < 4; i++) {
        const live = r + i < width;
        for (let k = 0; k < depth; k++) {
          store<f32>(
            lanes + <usize>k * 64 + <usize>i * 4,
            live ? load<f32>(base + <usize>(r + i) * stride + <usize>k * 4) : 0,
          );
        }
      }
    }
  }
  return to + <usize>depth * 64;
}

/** Zero-padded copy of an NHWC tensor; chunk = one output row. */
export function padChunk(p: Pad, chunk: i32): void {
  const h = p.height;
  const w = p.width;
  const c = p.channels;
  const h2 = p.outHeight;
  const w2 = p.outWidth;
  const left = p.left;
  const y = chunk % h2 - p.top;
  const b = chunk / h2;
  const row = <usize>(w2 * c * 4);
  const to = p.out + <usize>chunk * row;
  if (<u32>y >= <u32>h) {
    memory.fill(to, 0, row);
    return;
  }
  // A crop (negative left) happens where a stride skips the last columns.
  const skip = max(0, -left);
  const begin = max(0, left);
  const live = max(0, min(w - skip, w2 - begin));
  const head = <usize>(begin * c * 4);
  const bytes = <usize>(live * c * 4);
  memory.fill(to, 0, head);
  memory.copy(to + head, p.x + <usize>((b * h + y) * w + skip) * <usize>(c * 4), bytes);
  memory.fill(to + head + bytes, 0, row - head - bytes);
}

/** out[o][r] = x[o], pieces of some words, of which `pieces` come out. */
export function repeatChunk(p: Repeat, chunk: i32): void {
  const words = p.words;
  const repeats = p.repeats;
  const per = p.piecesPerChunk;
  const bytes = <usize>words * 4;
  const last = min(p.pieces, (chunk + 1) * per);
  for (let piece = chunk * per; piece < last; piece++) {
    const from = p.x + <usize>(piece / repeats) * bytes;
    const to = p.out + <usize>piece * bytes;
    if (words > 8) memory.copy(to, from, bytes);
    else for (let i: usize = 0; i < bytes; i += 4) store<i32>(to + i, load<i32>(from + i));
  }
}
