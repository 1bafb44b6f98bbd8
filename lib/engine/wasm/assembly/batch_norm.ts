// Batch norm with batch statistics. A block of rows stays in the cache while its mean and squared
// deviations are taken; the blocks are merged in their order in double precision (Chan et al.).
import { slopeOf, valueOf } from "./activations";
import { ActivationKind, BatchNorm, BatchNormGrad, MERGE_CHANNELS } from "./jobs";

/** dy before a ReLU with the output y; `leak` is 0 or its slope below zero. */
function unmask(g: v128, y: v128, leak: f32): v128 {
  const low = leak == 0 ? f32x4.splat(0) : f32x4.mul(g, f32x4.splat(leak));
  return v128.bitselect(g, low, f32x4.gt(y, f32x4.splat(0)));
}

/** The same for one value. */
function unmaskOne(g: f32, y: f32, leak: f32): f32 {
  return y > 0 ? g : leak == 0 ? 0 : leak * g;
}

/** Gradient behind an activation of the value z. */
function slopeOne(activation: i32, z: f32, g: f32): f32 {
  return f32x4.extract_lane(slopeOf(activation, f32x4.splat(z), f32x4.splat(g)), 0);
}

/** Gamma over the deviation, of four channels or of one in the first lane. */
function scaleAt(p: BatchNormGrad, at: usize): v128 {
  const whole = at + 16 <= <usize>p.channels * 4;
  const variance = whole ? v128.load(p.variance + at) : v128.load32_zero(p.variance + at);
  const gamma = whole ? v128.load(p.gamma + at) : v128.load32_zero(p.gamma + at);
  return f32x4.div(gamma, f32x4.sqrt(f32x4.add(variance, f32x4.splat(p.eps))));
}

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

/** Sums of dy' and dy' * (x - mean) over a block; dy' = dy where the ReLU let y through. */
export function gradSumsChunk(p: BatchNormGrad, block: i32): void {
  const c = p.channels;
  const per = p.rowsPerBlock;
  const rows = min(per, p.rows - block * per);
  const stride = <usize>c * 4;
  const skip = <usize>(block * per) * stride;
  const x = p.x + skip;
  const y = p.y + skip;
  const dy = p.dy + skip;
  const mean = p.mean;
  const sums = p.partials + <usize>block * stride * 2;
  const activation = p.activation;
  const relu = activation == ActivationKind.relu;
  const leak = p.leak;
  const zero = f32x4.splat(0);
  let ch = 0;
  for (; ch + 4 <= c; ch += 4) {
    const at = <usize>ch * 4;
    const m = v128.load(mean + at);
    const k = activation ? scaleAt(p, at) : zero;
    const shift = activation ? v128.load(p.beta + at) : zero;
    let s = zero, q = zero;
    let i = at;
    for (let r = 0; r < rows; r++) {
      let g = v128.load(dy + i);
      const d = f32x4.sub(v128.load(x + i), m);
      if (relu) g = unmask(g, v128.load(y + i), leak);
      else if (activation) g = slopeOf(activation, f32x4.add(f32x4.mul(d, k), shift), g);
      s = f32x4.add(s, g);
      q = f32x4.add(q, f32x4.mul(g, d));
      i += stride;
    }
    v128.store(sums + at, s);
    v128.store(sums + stride + at, q);
  }
  for (; ch < c; ch++) {
    const at = <usize>ch * 4;
    const m = load<f32>(mean + at);
    const k: f32 = activation ? f32x4.extract_lane(scaleAt(p, at), 0) : 0;
    const shift: f32 = activation ? load<f32>(p.beta + at) : 0;
    let s: f32 = 0, q: f32 = 0;
    let i = at;
    for (let r = 0; r < rows; r++) {
      let g = load<f32>(dy + i);
      const d = load<f32>(x + i) - m;
      if (relu) g = unmaskOne(g, load<f32>(y + i), leak);
      else if (activation) g = slopeOne(activation, d * k + shift, g);
      s += g;
      q += g * d;
      i += stride;
    }
    store<f32>(sums + at, s);
    store<f32>(sums + stride + at, q);
  }
}

/**
 * dgamma, dbeta and coefficients of dx = k1 dy' + k2 (x - mean) + k3.
 * Chunk = MERGE_CHANNELS channels.
 */
export function mergeGradSumsChunk(p: BatchNormGrad, chunk: i32): void {
  const c = p.channels;
  const stride = <usize>c * 4;
  const coefficients = p.coefficients;
  const last = min(c, (chunk + 1) * MERGE_CHANNELS);
  for (let ch = chunk * MERGE_CHANNELS; ch < last; ch++) {
    const at = <usize>ch * 4;
    let s: f64 = 0;
    let q: f64 = 0;
    let from = p.partials + at;
    for (let block = 0; block < p.blocks; block++) {
      s += <f64>load<f32>(from);
      q += <f64>load<f32>(from + stride);
      from += stride * 2;
    }
    const variance = <f64>load<f32>(p.variance + at) + <f64>p.eps;
    const inverse: f64 = 1 / sqrt<f64>(variance);
    const k1 = <f64>load<f32>(p.gamma + at) * inverse;
    const rows = <f64>p.rows;
    store<f32>(p.dgamma + at, <f32>(q * inverse));
    store<f32>(p.dbeta + at, <f32>s);
    store<f32>(coefficients + at, <f32>k1);
    store<f32>(coefficients + stride + at, <f32>(-k1 * q / (variance * rows)));
    store<f32>(coefficients + stride * 2 + at, <f32>(-k1 * s / rows));
  }
}

/** dx of one block of rows. */
export function normGradChunk(p: BatchNormGrad, block: i32): void {
  const c = p.channels;
  const per = p.rowsPerBlock;
  const rows = min(per, p.rows - block * per);
  const stride = <usize>c * 4;
  const skip = <usize>(block * per) * stride;
  const x = p.x + skip;
  const y = p.y + skip;
  const dy = p.dy + skip;
  const out = p.dx + skip;
  const k1 = p.coefficients;
  const k2 = k1 + stride;
  const k3 = k2 + stride;
  const mean = p.mean;
  const activation = p.activation;
  const relu = activation == ActivationKind.relu;
  const leak = p.leak;
  const zero = f32x4.splat(0);
  let ch = 0;
  for (; ch + 4 <= c; ch += 4) {
    const at = <usize>ch * 4;
    const a = v128.load(k1 + at);
    const b = v128.load(k2 + at);
    const d = v128.load(k3 + at);
    const m = v128.load(mean + at);
    const k = activation ? scaleAt(p, at) : zero;
    const shift = activation ? v128.load(p.beta + at) : zero;
    let i = at;
    for (let r = 0; r < rows; r++) {
      let g = v128.load(dy + i);
      const e = f32x4.sub(v128.load(x + i), m);
      if (relu) g = unmask(g, v128.load(y + i), leak);
      else if (activation) g = slopeOf(activation, f32x4.add(f32x4.mul(e, k), shift), g);
      const v = f32x4.add(f32x4.mul(b, e), d);
      v128.store(out + i, f32x4.add(f32x4.mul(a, g), v));
      i += stride;
    }
  }
  for (; ch < c; ch++) {
    const at = <usize>ch * 4;
    const a = load<f32>(k1 + at);
    const b = load<f32>(k2 + at);
    const d = load<f32>(k3 + at);
    const m = load<f32>(mean + at);
    const k: f32 = activation ? f32x4.extract_lane(scaleAt(p, at), 0) : 0;
    const shift: f32 = activation ? load<f32>(p.beta + at) : 0;
    let i = at;
    for (let r = 0; r < rows; r++) {
      let g = load<f32>(dy + i);
      const e = load<f32>(x + i) - m;
      if (relu) g = unmaskOne(g, load<f32>(y + i), leak);
      else if (activation) g = slopeOne(activation, e * k + shift, g);
      store<f32>(out + i, a * g + (b * e + d));
      i += stride;
    }
  }
}
