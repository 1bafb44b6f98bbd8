// Temperature softmax, cross-entropy and gradient in one pass over the logits.
import { SoftmaxCrossEntropy, SumLosses } from "./jobs";

/** Partial losses and the gradient of some rows of logits. */
export function softmaxCrossEntropyChunk(p: SoftmaxCrossEntropy, chunk: i32, scratch: usize): void {
  const c = p.classes;
  const per = p.rowsPerChunk;
  const inverse = f32x4.splat(p.inverseTemperature);
  const scale = f32x4.splat(p.gradientScale);
  const first = chunk * per;
  const last = min(p.rows, first + per);
  const row = <usize>c * 4;
  const padded = (row + 15) & ~15;
  const direct = (c & 3) == 0;
  let loss: f64 = 0;
  // A row that is no whole number of vectors is worked on in a copy, padded with -infinity.
  for (let i: usize = 0; i < padded; i += 16) v128.store(scratch + i, f32x4.splat(-Infinity));
  for (let r = first; r < last; r++) {
    const to = p.dlogits + <usize>r * row;
    const label = load<i32>(p.labels + <usize>r * 4);
    if (<u32>label >= <u32>c) {
      memory.fill(to, 0, row);
      continue;
    }
    const from = p.logits + <usize>r * row;
    let z = from;
    let out = to;
    if (!direct) {
      for (let i: usize = 0; i < row; i += 4) store<f32>(scratch + i, load<f32>(from + i));
      z = scratch;
      out = scratch + padded;
    }
    let top = f32x4.splat(-Infinity);
    for (let i: usize = 0; i < padded; i += 16) top = f32x4.max(top, v128.load(z + i));
    top = f32x4.max(top, v128.shuffle<f32>(top, top, 2, 3, 0, 1));
    top = f32x4.max(top, v128.shuffle<f32>(top, top, 1, 0, 3, 2));
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < padded; i += 16) {
      const e = exp4(f32x4.mul(f32x4.sub(v128.load(z + i), top), inverse));
      v128.store(out + i, e);
      sum = f32x4.add(sum, e);
    }
    sum = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 2, 3, 0, 1));
    sum = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 1, 0, 3, 2));
    const mine = (load<f32>(from + <usize>label * 4) - f32x4.extract_lane(top, 0)) *
      p.inverseTemperature;
    loss += log64(<f64>f32x4.extract_lane(sum, 0)) - <f64>mine;
    const factor = f32x4.div(scale, sum);
    for (let i: usize = 0; i < padded; i += 16) {
      v128.store(out + i, f32x4.mul(v128.load(out + i), factor));
    }
    const at = <usize>label * 4;
    store<f32>(out + at, load<f32>(out + at) - p.gradientScale);
    if (!direct) {
      for (let i: usize = 0; i < row; i += 4) store<f32>(to + i, load<f32>(out + i));
    }
  }
  store<f64>(p.losses + <usize>chunk * 8, loss);
}

/** One value: scale * (sum of the f64 partial losses, in order). */
export function sumLossesChunk(p: SumLosses): void {
  const from = p.losses;
  let sum: f64 = 0;
  for (let i = 0; i < p.count; i++) sum += load<f64>(from + <usize>i * 8);
  store<f32>(p.out, <f32>(sum * <f64>p.scale));
}

// exp and log without tables or imports, so bit-identical in every engine.

/** e^x per lane, relative error below 2e-7; 0 below -87, infinity above 88.7. */
function exp4(x: v128): v128 {
  const low = f32x4.lt(x, f32x4.splat(-87.0));
  const high = f32x4.gt(x, f32x4.splat(88.7));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  // ln 2 in two parts, the first exact in products with n.
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let y = f32x4.splat(1.9875691500e-4);
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.3981999507e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(8.3334519073e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(4.1665795894e-2));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.6666665459e-1));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(5.0000001201e-1));
  y = f32x4.add(f32x4.mul(y, f32x4.mul(r, r)), f32x4.add(r, f32x4.splat(1)));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  y = f32x4.mul(y, power);
  y = v128.bitselect(f32x4.splat(0), y, low);
  return v128.bitselect(f32x4.splat(Infinity), y, high);
}

/** Natural logarithm of a positive finite value, relative error below 1e-13. */
function log64(x: f64): f64 {
  if (!(x > 0) || x == Infinity) return x == 0 ? -Infinity : x == Infinity ? x : NaN;
  const bits = reinterpret<i64>(x);
  let exponent = <f64>(((bits >> 52) & 0x7ff) - 1023);
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent += 1;
  }
  const s = (m - 1) / (m + 1);
  const q = s * s;
  let sum: f64 = 0;
  for (let k = 19; k >= 1; k -= 2) sum = sum * q + 1.0 / <f64>k;
  return exponent * 0.6931471805599453 + 2 * s * sum;
}
