// Sums over slices, rows and segments.
import { BiasGrad, SegmentSum, SumSlices } from "./jobs";

/** Adds partial sums in their order: out[r][n] = sum over s of slices[s][r][stride]. */
export function sumSlicesChunk(p: SumSlices, chunk: i32): void {
  const rows = p.rows;
  const n = p.columns;
  const ld = p.stride;
  const slices = p.count;
  const per = p.rowsPerChunk;
  const size = <usize>(rows * ld) * 4;
  const last = min(rows, (chunk + 1) * per);
  for (let r = chunk * per; r < last; r++) {
    const from = p.slices + <usize>(r * ld) * 4;
    const to = p.out + <usize>(r * n) * 4;
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      const at = <usize>i * 4;
      let sum = v128.load(from + at);
      for (let s = 1; s < slices; s++) sum = f32x4.add(sum, v128.load(from + at + <usize>s * size));
      v128.store(to + at, sum);
    }
    for (; i < n; i++) {
      const at = <usize>i * 4;
      let sum = load<f32>(from + at);
      for (let s = 1; s < slices; s++) sum += load<f32>(from + at + <usize>s * size);
      store<f32>(to + at, sum);
    }
  }
}

/**
 * Bias gradient of a block of rows: partial[block][c] = sum of dy, or of dy as it was before a ReLU
 * with the output y, which is then also
 * written to `masked`.
 */
export function biasGradChunk(p: BiasGrad, block: i32): void {
  const c = p.channels;
  const per = p.rowsPerBlock;
  const rows = min(per, p.rows - block * per);
  const stride = <usize>c * 4;
  const skip = <usize>(block * per) * stride;
  const dy = p.dy + skip;
  const relu = p.y != 0;
  const y = p.y + skip;
  const masked = p.masked + skip;
  const sums = p.partials + <usize>block * stride;
  const zero = f32x4.splat(0);
  const leak = p.leak;
  let ch = 0;
  for (; ch + 4 <= c; ch += 4) {
    let i = <usize>ch * 4;
    let sum = zero;
    for (let r = 0; r < rows; r++) {
      let g = v128.load(dy + i);
      if (relu) {
        const low = leak == 0 ? zero : f32x4.mul(g, f32x4.splat(leak));
        g = v128.bitselect(g, low, f32x4.gt(v128.load(y + i), zero));
        v128.store(masked + i, g);
      }
      sum = f32x4.add(sum, g);
      i += stride;
    }
    v128.store(sums + <usize>ch * 4, sum);
  }
  for (; ch < c; ch++) {
    let i = <usize>ch * 4;
    let sum: f32 = 0;
    for (let r = 0; r < rows; r++) {
      let g = load<f32>(dy + i);
      if (relu) {
        if (!(load<f32>(y + i) > 0)) g = leak == 0 ? 0 : leak * g;
        store<f32>(masked + i, g);
      }
      sum += g;
      i += stride;
    }
    store<f32>(sums + <usize>ch * 4, sum);
  }
}

/** Rows of x added up by segment; ids that are no segment are left out. Chunk = some columns. */
export function segmentSumChunk(p: SegmentSum, chunk: i32): void {
  const rows = p.rows;
  const columns = p.columns;
  const segments = p.segments;
  const integer = p.isInteger;
  const first = chunk * p.columnsPerChunk;
  const count = min(columns - first, p.columnsPerChunk);
  const x = p.x + <usize>first * 4;
  const to = p.out + <usize>first * 4;
  const stride = <usize>columns * 4;
  for (let s = 0; s < segments; s++) {
    memory.fill(to + <usize>s * stride, 0, <usize>count * 4);
  }
  for (let r = 0; r < rows; r++) {
    const id = load<i32>(p.ids + <usize>r * 4);
    if (<u32>id >= <u32>segments) continue;
    const from = x + <usize>r * stride;
    const o = to + <usize>id * stride;
    let i = 0;
    for (; i + 4 <= count; i += 4) {
      const at = <usize>i * 4;
      const a = v128.load(o + at);
      const b = v128.load(from + at);
      v128.store(o + at, integer ? i32x4.add(a, b) : f32x4.add(a, b));
    }
    for (; i < count; i++) {
      const at = <usize>i * 4;
      if (integer) store<i32>(o + at, load<i32>(o + at) + load<i32>(from + at));
      else store<f32>(o + at, load<f32>(o + at) + load<f32>(from + at));
    }
  }
}
