// Gradient of batch norm with batch statistics, see batch_norm.ts.
import { slopeOf } from "./activations";
import { ActivationKind, BatchNormGrad, MERGE_CHANNELS } from "./jobs";

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
