// Activations value by value, their gradients, and products and means channel by channel.
import { Activate, ActivationKind, ChannelScale, ChannelSums } from "./jobs";
import { exp4 } from "./math";

/** 1 / (1 + e^-x) */
function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

/** relu6(x + 3) / 6 */
function hardSigmoid4(x: v128): v128 {
  const six = f32x4.splat(6);
  const shifted = f32x4.add(x, f32x4.splat(3));
  return f32x4.div(f32x4.min(f32x4.max(shifted, f32x4.splat(0)), six), six);
}

/** e^(-x²/2) */
function bell4(x: v128): v128 {
  return exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
}

/** Distribution function of the normal distribution, by erf (Abramowitz and Stegun 7.1.26). */
function normalCdf4(x: v128, bell: v128): v128 {
  const one = f32x4.splat(1);
  const size = f32x4.mul(f32x4.abs(x), f32x4.splat(0.70710678));
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(size, f32x4.splat(0.3275911))));
  let y = f32x4.splat(1.061405429);
  y = f32x4.add(f32x4.mul(y, t), f32x4.splat(-1.453152027));
  y = f32x4.add(f32x4.mul(y, t), f32x4.splat(1.421413741));
  y = f32x4.add(f32x4.mul(y, t), f32x4.splat(-0.284496736));
  y = f32x4.add(f32x4.mul(y, t), f32x4.splat(0.254829592));
  const tail = f32x4.mul(f32x4.mul(y, t), bell);
  const half = f32x4.mul(tail, f32x4.splat(0.5));
  return v128.bitselect(half, f32x4.sub(one, half), f32x4.lt(x, f32x4.splat(0)));
}

/** `value` where low < x < high, else 0. */
function within(x: v128, low: f32, high: f32, value: v128): v128 {
  const inside = v128.and(f32x4.gt(x, f32x4.splat(low)), f32x4.lt(x, f32x4.splat(high)));
  return v128.and(value, inside);
}

/** f(x) of an activation. */
export function valueOf(kind: i32, x: v128): v128 {
  const zero = f32x4.splat(0);
  if (kind == ActivationKind.relu) return f32x4.max(x, zero);
  if (kind == ActivationKind.relu6) return f32x4.min(f32x4.max(x, zero), f32x4.splat(6));
  if (kind == ActivationKind.sigmoid) return sigmoid4(x);
  if (kind == ActivationKind.hardSigmoid) return hardSigmoid4(x);
  if (kind == ActivationKind.hardSwish) return f32x4.mul(x, hardSigmoid4(x));
  if (kind == ActivationKind.swish) return f32x4.mul(x, sigmoid4(x));
  return f32x4.mul(x, normalCdf4(x, bell4(x)));
}

/** dy·f'(x) of an activation. */
export function slopeOf(kind: i32, x: v128, dy: v128): v128 {
  const one = f32x4.splat(1);
  if (kind == ActivationKind.relu) return within(x, 0, Infinity, dy);
  if (kind == ActivationKind.relu6) return within(x, 0, 6, dy);
  if (kind == ActivationKind.hardSigmoid) {
    return within(x, -3, 3, f32x4.mul(dy, f32x4.splat(1.0 / 6.0)));
  }
  if (kind == ActivationKind.hardSwish) {
    const slope = f32x4.add(f32x4.mul(x, f32x4.splat(1.0 / 3.0)), f32x4.splat(0.5));
    const whole = f32x4.ge(x, f32x4.splat(3));
    return v128.bitselect(dy, within(x, -3, 3, f32x4.mul(dy, slope)), whole);
  }
  if (kind == ActivationKind.gelu) {
    const bell = bell4(x);
    const density = f32x4.mul(bell, f32x4.splat(0.39894228));
    return f32x4.mul(dy, f32x4.add(normalCdf4(x, bell), f32x4.mul(x, density)));
  }
  const s = sigmoid4(x);
  const rest = f32x4.sub(one, s);
  if (kind == ActivationKind.sigmoid) return f32x4.mul(dy, f32x4.mul(s, rest));
  return f32x4.mul(dy, f32x4.mul(s, f32x4.add(one, f32x4.mul(x, rest))));
}

/** out = f(x), or dy·f'(x) where there is a dy. */
export function activateChunk(p: Activate, chunk: i32): void {
  const from = chunk * p.perChunk;
  const n = min(p.perChunk, p.count - from);
  const kind = p.kind;
  const dy = p.dy;
  let at = <usize>from * 4;
  const end = at + <usize>n * 4;
  for (; at + 16 <= end; at += 16) {
    const x = v128.load(p.x + at);
    v128.store(p.out + at, dy ? slopeOf(kind, x, v128.load(dy + at)) : valueOf(kind, x));
  }
  for (; at < end; at += 4) {
    const x = v128.load32_zero(p.x + at);
    const y = dy ? slopeOf(kind, x, v128.load32_zero(dy + at)) : valueOf(kind, x);
    v128.store32_lane(p.out + at, y, 0);
  }
}

/** out = factor·x·factors[image][channel], x being 1 where there is none. Chunk = some pixels. */
export function channelScaleChunk(p: ChannelScale, chunk: i32): void {
  const c = p.channels;
  const row = <usize>c * 4;
  const first = chunk * p.pixelsPerChunk;
  const end = min(p.batch * p.pixels, first + p.pixelsPerChunk);
  const scale = f32x4.splat(p.factor);
  for (let pixel = first; pixel < end; pixel++) {
    const factors = p.factors + <usize>(pixel / p.pixels) * row;
    const x = p.x + <usize>pixel * row;
    const out = p.out + <usize>pixel * row;
    let at: usize = 0;
    for (; at + 16 <= row; at += 16) {
      let v = f32x4.mul(v128.load(factors + at), scale);
      if (p.x) v = f32x4.mul(v, v128.load(x + at));
      v128.store(out + at, v);
    }
    for (; at < row; at += 4) {
      let v = load<f32>(factors + at) * p.factor;
      if (p.x) v *= load<f32>(x + at);
      store<f32>(out + at, v);
    }
  }
}

/**
 * out[image][channel] = factor·Σ x·y over the pixels, y being 1 where there is none. Chunk = 32 channels
 * of an image; 64 pixels are added up on their own, then their sums.
 */
export function channelSumsChunk(p: ChannelSums, chunk: i32): void {
  const c = p.channels;
  const groups = (c + 31) / 32;
  const image = chunk / groups;
  const row = <usize>c * 4;
  const skip = <usize>(image * p.pixels) * row;
  const last = min(c, (chunk % groups + 1) * 32);
  const zero = f32x4.splat(0);
  let ch = (chunk % groups) * 32;
  for (; ch < last; ch += 4) {
    const one = ch + 4 > last;
    // The last one to three channels one by one
    const step = one ? 1 : 4;
    for (let lane = ch; lane < min(last, ch + 4); lane += step) {
      const at = <usize>lane * 4;
      let x = p.x + skip + at;
      let y = p.y + skip + at;
      let total = zero;
      for (let from = 0; from < p.pixels; from += 64) {
        const end = min(p.pixels, from + 64);
        let sum = zero;
        for (let pixel = from; pixel < end; pixel++) {
          let v = one ? v128.load32_zero(x) : v128.load(x);
          if (p.y) v = f32x4.mul(v, one ? v128.load32_zero(y) : v128.load(y));
          sum = f32x4.add(sum, v);
          x += row;
          y += row;
        }
        total = f32x4.add(total, sum);
      }
      total = f32x4.mul(total, f32x4.splat(p.factor));
      const out = p.out + <usize>image * row + at;
      if (one) v128.store32_lane(out, total, 0);
      else v128.store(out, total);
    }
  }
}
