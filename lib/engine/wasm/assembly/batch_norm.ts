// Batch norm with batch statistics. A block of rows stays in the cache while its mean and squared
// deviations are taken; the blocks are merged in their order in double precision (Chan et al.).
import { valueOf } from "./activations";
import { ActivationKind, BatchNorm, MERGE_CHANNELS } from "./jobs";

/** Mean and sum of squared deviations of one block of rows, to partials[block][2][c]. */
export function momentsChunk(p: BatchNorm, block: i32): void {
  const c = p.channels;
  const per = p.rowsPerBlock;
  const rows = min(per, p.rows - block * per);
  const stride = <usize>c * 4;
  const x = p.x + <usize>(block * per) * stride;
  const mean = p.partials + <usize>block * stride * 2;
  const m2 = mean + stride;
  const inverse: f32 = 1 / <f32>rows;
  const inverse4 = f32x4.splat(inverse);
  let ch = 0;
  for (; ch + 8 <= c; ch += 8) {
    const at = <usize>ch * 4;
    let s0 = f32x4.splat(0), s1 = s0;
    // Relative to the first row: sums of values far from zero lose digits.
    let row = x + at;
    const x0 = v128.load(row);
    const x1 = v128.load(row, 16);
    for (let r = 0; r < rows; r++) {
      s0 = f32x4.add(s0, f32x4.sub(v128.load(row), x0));
      s1 = f32x4.add(s1, f32x4.sub(v128.load(row, 16), x1));
      row += stride;
    }
    const a = f32x4.add(x0, f32x4.mul(s0, inverse4));
    const b = f32x4.add(x1, f32x4.mul(s1, inverse4));
    s0 = f32x4.splat(0);
    s1 = s0;
    row = x + at;
    for (let r = 0; r < rows; r++) {
      const d0 = f32x4.sub(v128.load(row), a);
      const d1 = f32x4.sub(v128.load(row, 16), b);
      s0 = f32x4.add(s0, f32x4.mul(d0, d0));
      s1 = f32x4.add(s1, f32x4.mul(d1, d1));
      row += stride;
    }
    v128.store(mean + at, a);
    v128.store(mean + at, b, 16);
    v128.store(m2 + at, s0);
    v128.store(m2 + at, s1, 16);
  }
  for (; ch < c; ch++) {
    const at = <usize>ch * 4;
    const x0 = load<f32>(x + at);
    let sum: f32 = 0;
    for (let r = 0; r < rows; r++) sum += load<f32>(x + at + <usize>r * stride) - x0;
    const a: f32 = x0 + sum * inverse;
    sum = 0;
    for (let r = 0; r < rows; r++) {
      const d = load<f32>(x + at + <usize>r * stride) - a;
      sum += d * d;
    }
    store<f32>(mean + at, a);
    store<f32>(m2 + at, sum);
  }
}

/**
 * Merges the blocks: mean, variance and coefficients [scale][mean][shift].
 * Chunk = MERGE_CHANNELS channels.
 */
export function mergeMomentsChunk(p: BatchNorm, chunk: i32): void {
  const c = p.channels;
  const rows = p.rows;
  const per = p.rowsPerBlock;
  const stride = <usize>c * 4;
  const coefficients = p.coefficients;
  const last = min(c, (chunk + 1) * MERGE_CHANNELS);
  for (let ch = chunk * MERGE_CHANNELS; ch < last; ch++) {
    const at = <usize>ch * 4;
    let mean: f64 = 0;
    let m2: f64 = 0;
    let count: f64 = 0;
    let from = p.partials + at;
    for (let block = 0; block < p.blocks; block++) {
      const n = <f64>min(per, rows - block * per);
      const delta = <f64>load<f32>(from) - mean;
      const total = count + n;
      mean += delta * n / total;
      m2 += <f64>load<f32>(from + stride) + delta * delta * count * n / total;
      count = total;
      from += stride * 2;
    }
    const variance = m2 / count;
    store<f32>(p.mean + at, <f32>mean);
    store<f32>(p.variance + at, <f32>variance);
    const scale = <f64>load<f32>(p.gamma + at) /
      sqrt<f64>(variance + <f64>p.eps);
    store<f32>(coefficients + at, <f32>scale);
    store<f32>(coefficients + stride + at, <f32>mean);
    store<f32>(coefficients + stride * 2 + at, load<f32>(p.beta + at));
  }
}

/** out = (x - mean) * scale + shift, with ReLU where asked. Chunk = one block of rows. */
export function normalizeChunk(p: BatchNorm, block: i32): void {
  const c = p.channels;
  const per = p.rowsPerBlock;
  const rows = min(per, p.rows - block * per);
  const stride = <usize>c * 4;
  const skip = <usize>(block * per) * stride;
  const x = p.x + skip;
  const out = p.y + skip;
  const scale = p.coefficients;
  const mean = scale + stride;
  const shift = mean + stride;
  const activation = p.activation;
  const relu = activation == ActivationKind.relu;
  const leak = p.leak;
  const zero = f32x4.splat(0);
  let ch = 0;
  for (; ch + 4 <= c; ch += 4) {
    const at = <usize>ch * 4;
    const s = v128.load(scale + at);
    const m = v128.load(mean + at);
    const b = v128.load(shift + at);
    let i = at;
    for (let r = 0; r < rows; r++) {
      let v = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x + i), m), s), b);
      if (relu) v = f32x4.max(v, leak == 0 ? zero : f32x4.mul(v, f32x4.splat(leak)));
      else if (activation) v = valueOf(activation, v);
      v128.store(out + i, v);
      i += stride;
    }
  }
  for (; ch < c; ch++) {
    const at = <usize>ch * 4;
    const s = load<f32>(scale + at);
    const m = load<f32>(mean + at);
    const b = load<f32>(shift + at);
    let i = at;
    for (let r = 0; r < rows; r++) {
      let v: f32 = (load<f32>(x + i) - m) * s + b;
      if (relu) v = max<f32>(v, leak == 0 ? 0 : leak * v);
      else if (activation) v = f32x4.extract_lane(valueOf(activation, f32x4.splat(v)), 0);
      store<f32>(out + i, v);
      i += stride;
    }
  }
}
