// Copies between shapes: enlargement that repeats pixels, its gradient, and blocks of rows.
import { CopyRows, RepeatPixels } from "./jobs";

/** Copies a multiple of four bytes; short ones without a call of memory.copy. */
export function copyWords(to: usize, from: usize, bytes: usize): void {
  if (bytes > 512) {
    memory.copy(to, from, bytes);
    return;
  }
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < bytes; i += 4) store<i32>(to + i, load<i32>(from + i));
}

/** Chunk = some rows of `words` values, which are `xStride` values apart in x and `outStride` in out. */
export function copyRowsChunk(p: CopyRows, chunk: i32): void {
  const first = chunk * p.rowsPerChunk;
  const last = min(first + p.rowsPerChunk, p.rows);
  const bytes = <usize>p.words * 4;
  const xStep = <usize>p.xStride * 4;
  const outStep = <usize>p.outStride * 4;
  let from = p.x + <usize>first * xStep;
  let to = p.out + <usize>first * outStep;
  for (let row = first; row < last; row++) {
    copyWords(to, from, bytes);
    from += xStep;
    to += outStep;
  }
}

/** Each pixel becomes factor × factor ones. Chunk = a row of x. */
export function repeatPixelsChunk(p: RepeatPixels, chunk: i32): void {
  const pixel = <usize>p.channels * 4;
  const factor = p.factor;
  const row = <usize>p.width * <usize>factor * pixel;
  const out = p.out + <usize>chunk * <usize>factor * row;
  let from = p.x + <usize>chunk * <usize>p.width * pixel;
  let to = out;
  for (let x = 0; x < p.width; x++) {
    for (let i = 0; i < factor; i++) {
      copyWords(to, from, pixel);
      to += pixel;
    }
    from += pixel;
  }
  for (let i = 1; i < factor; i++) memory.copy(out + <usize>i * row, out, row);
}

/** Its gradient: the sums over the blocks of x. Chunk = a row of out. */
export function sumBlocksChunk(p: RepeatPixels, chunk: i32): void {
  const c = p.channels;
  const pixel = <usize>c * 4;
  const factor = p.factor;
  const row = <usize>p.width * <usize>factor * pixel;
  const rows = p.x + <usize>chunk * <usize>factor * row;
  let to = p.out + <usize>chunk * <usize>p.width * pixel;
  for (let x = 0; x < p.width; x++) {
    const block = rows + <usize>(x * factor) * pixel;
    let ch = 0;
    for (; ch + 4 <= c; ch += 4) {
      let sum = f32x4.splat(0);
      for (let y = 0; y < factor; y++) {
        let at = block + <usize>y * row + <usize>ch * 4;
        for (let i = 0; i < factor; i++) {
          sum = f32x4.add(sum, v128.load(at));
          at += pixel;
        }
      }
      v128.store(to + <usize>ch * 4, sum);
    }
    for (; ch < c; ch++) {
      let sum: f32 = 0;
      for (let y = 0; y < factor; y++) {
        let at = block + <usize>y * row + <usize>ch * 4;
        for (let i = 0; i < factor; i++) {
          sum += load<f32>(at);
          at += pixel;
        }
      }
      store<f32>(to + <usize>ch * 4, sum);
    }
    to += pixel;
  }
}
