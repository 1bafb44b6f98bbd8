// Convolutions of maps that a bilinear resize enlarged much. Both are linear, so the filter can go
// first: Q[u][v][tap] = P[u][v] F[tap] for the few pixels P of the small map; then a tap's share of an
// output pixel is Q interpolated where the tap looks. The filter gradient runs the same way back.
import { finish } from "./activate";
import { addWeighted, scale, share, source } from "./resize";

const P: usize = 0; // small map [batch, h, w, c]
const Q: usize = 4; // [batch, h, w, kh, kw, n]
const R: usize = 8; // [batch, h, kh, ow, n]: Q interpolated along the width
const OUT: usize = 12; // output or its gradient, [batch, oh, ow, n]
const FILTER: usize = 16; // filter or its gradient, [kh, kw, c, n]
const BATCH: usize = 20;
const H: usize = 24;
const W: usize = 28;
const TALL: usize = 32; // size of the enlarged map
const WIDE: usize = 36;
const C: usize = 40;
const N: usize = 44;
const OH: usize = 48;
const OW: usize = 52;
const SY: usize = 56;
const SX: usize = 60;
const TOP: usize = 64;
const LEFT: usize = 68;
const KH: usize = 72;
const KW: usize = 76;
const BIAS: usize = 80;
const ACT: usize = 84;
const ALPHA: usize = 88;

/** Q and R of one row of one small map, which the chunk names. */
export function enlargedSpreadChunk(p: usize, chunk: i32): void {
  const w = load<i32>(p, W);
  const wide = load<i32>(p, WIDE);
  const c = load<i32>(p, C);
  const n = load<i32>(p, N);
  const ow = load<i32>(p, OW);
  const kh = load<i32>(p, KH);
  const kw = load<i32>(p, KW);
  const row = <usize>n * 4;
  const matrix = <usize>c * row;
  const pixel = <usize>(kh * kw) * row;
  const q = load<usize>(p, Q) + <usize>(chunk * w) * pixel;
  for (let v = 0; v < w; v++) {
    const a = load<usize>(p, P) + <usize>((chunk * w + v) * c) * 4;
    for (let tap = 0; tap < kh * kw; tap++) {
      const f = load<usize>(p, FILTER) + <usize>tap * matrix;
      products(a, 4, f, row, c, q + <usize>v * pixel + <usize>tap * row, row);
    }
  }
  const ratio = scale(w, wide, 0);
  let to = load<usize>(p, R) + <usize>(chunk * kh * ow) * row;
  memory.fill(to, 0, <usize>(kh * ow) * row);
  for (let i = 0; i < kh; i++) {
    for (let ox = 0; ox < ow; ox++) {
      for (let j = 0; j < kw; j++) {
        const at = ox * load<i32>(p, SX) + j - load<i32>(p, LEFT);
        if (<u32>at >= <u32>wide) continue;
        const x = source(at, ratio, 0);
        const low = min(<i32>x, w - 1);
        const high = min(low + 1, w - 1);
        const f: f32 = x - <f32>low;
        const from = q + <usize>(i * kw + j) * row;
        addWeighted(to, from + <usize>low * pixel, n, 1 - f);
        addWeighted(to, from + <usize>high * pixel, n, f);
      }
      to += row;
    }
  }
}

/** Output from R, with bias and activation. Chunk = one row of one output map. */
export function enlargedBlendChunk(p: usize, chunk: i32, scratch: usize): void {
  const h = load<i32>(p, H);
  const tall = load<i32>(p, TALL);
  const n = load<i32>(p, N);
  const oh = load<i32>(p, OH);
  const ow = load<i32>(p, OW);
  const kh = load<i32>(p, KH);
  const line = <usize>(ow * n) * 4;
  const map = load<usize>(p, R) + <usize>(chunk / oh * h * kh) * line;
  const ratio = scale(h, tall, 0);
  let end = scratch;
  for (let i = 0; i < kh; i++) {
    const at = chunk % oh * load<i32>(p, SY) + i - load<i32>(p, TOP);
    if (<u32>at >= <u32>tall) continue;
    const y = source(at, ratio, 0);
    const low = min(<i32>y, h - 1);
    const high = min(low + 1, h - 1);
    const f: f32 = y - <f32>low;
    end = term(end, map + <usize>(low * kh + i) * line, 1 - f);
    end = term(end, map + <usize>(high * kh + i) * line, f);
  }
  const out = load<usize>(p, OUT) + <usize>chunk * line;
  weightedSum(scratch, end, out, line);
  const bias = load<usize>(p, BIAS);
  const act = load<i32>(p, ACT);
  if (!bias && !act) return;
  const row = <usize>n * 4;
  for (let x: usize = 0; x < line; x += row) finish(out + x, row, bias, act, load<f32>(p, ALPHA));
}

/** Of an output gradient R and then Q for one row of one small map, which the chunk names. */
export function enlargedGatherChunk(p: usize, chunk: i32, scratch: usize): void {
  const h = load<i32>(p, H);
  const w = load<i32>(p, W);
  const tall = load<i32>(p, TALL);
  const wide = load<i32>(p, WIDE);
  const n = load<i32>(p, N);
  const oh = load<i32>(p, OH);
  const ow = load<i32>(p, OW);
  const kh = load<i32>(p, KH);
  const kw = load<i32>(p, KW);
  const row = <usize>n * 4;
  const line = <usize>ow * row;
  const dy = load<usize>(p, OUT) + <usize>(chunk / h * oh) * line;
  const r = load<usize>(p, R) + <usize>(chunk * kh) * line;
  const ratioY = scale(h, tall, 0);
  for (let i = 0; i < kh; i++) {
    let end = scratch;
    for (let oy = 0; oy < oh; oy++) {
      const at = oy * load<i32>(p, SY) + i - load<i32>(p, TOP);
      if (<u32>at >= <u32>tall) continue;
      const f = share(at, chunk % h, h, ratioY, 0);
      if (f != 0) end = term(end, dy + <usize>oy * line, f);
    }
    weightedSum(scratch, end, r + <usize>i * line, line);
  }
  const ratioX = scale(w, wide, 0);
  const pixel = <usize>(kh * kw) * row;
  const q = load<usize>(p, Q) + <usize>(chunk * w) * pixel;
  memory.fill(q, 0, <usize>w * pixel);
  for (let j = 0; j < kw; j++) {
    for (let ox = 0; ox < ow; ox++) {
      const at = ox * load<i32>(p, SX) + j - load<i32>(p, LEFT);
      if (<u32>at >= <u32>wide) continue;
      const x = source(at, ratioX, 0);
      const low = min(<i32>x, w - 1);
      const high = min(low + 1, w - 1);
      const f: f32 = x - <f32>low;
      for (let i = 0; i < kh; i++) {
        const from = r + <usize>i * line + <usize>ox * row;
        const to = q + <usize>(i * kw + j) * row;
        addWeighted(to + <usize>low * pixel, from, n, 1 - f);
        addWeighted(to + <usize>high * pixel, from, n, f);
      }
    }
  }
}

/** Filter gradient from Q. Chunk = one tap. */
export function enlargedFilterChunk(p: usize, tap: i32): void {
  const c = load<i32>(p, C);
  const row = <usize>load<i32>(p, N) * 4;
  const rows = load<i32>(p, BATCH) * load<i32>(p, H) * load<i32>(p, W);
  const pixel = <usize>(load<i32>(p, KH) * load<i32>(p, KW)) * row;
  const q = load<usize>(p, Q) + <usize>tap * row;
  let to = load<usize>(p, FILTER) + <usize>(tap * c) * row;
  for (let ch = 0; ch < c; ch++) {
    products(load<usize>(p, P) + <usize>ch * 4, <usize>c * 4, q, pixel, rows, to, row);
    to += row;
  }
}

/** to[..] = sum over k < count of a[k] b[k][..], values of a and rows of b some bytes apart. */
function products(
  a: usize, stepA: usize, b: usize, stepB: usize, count: i32, to: usize, bytes: usize,
): void {
  let at: usize = 0;
  for (; at + 64 <= bytes; at += 64) {
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
    let value = a;
    let row = b + at;
    for (let k = 0; k < count; k++) {
      const f = v128.load_splat<f32>(value);
      c0 = f32x4.add(c0, f32x4.mul(f, v128.load(row)));
      c1 = f32x4.add(c1, f32x4.mul(f, v128.load(row, 16)));
      c2 = f32x4.add(c2, f32x4.mul(f, v128.load(row, 32)));
      c3 = f32x4.add(c3, f32x4.mul(f, v128.load(row, 48)));
      value += stepA;
      row += stepB;
    }
    v128.store(to + at, c0);
    v128.store(to + at, c1, 16);
    v128.store(to + at, c2, 32);
    v128.store(to + at, c3, 48);
  }
  for (; at < bytes; at += 4) {
    let sum: f32 = 0;
    for (let k = 0; k < count; k++) {
      sum += load<f32>(a + <usize>k * stepA) * load<f32>(b + at + <usize>k * stepB);
    }
    store<f32>(to + at, sum);
  }
}

/** Notes a row and its weight; returns where the next goes. */
function term(at: usize, row: usize, weight: f32): usize {
  store<usize>(at, row);
  store<f32>(at, weight, 4);
  return at + 8;
}

/** The sum of the rows noted from `first` to `last`, each times its weight. */
function weightedSum(first: usize, last: usize, to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 64 <= bytes; at += 64) {
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
    for (let t = first; t < last; t += 8) {
      const row = load<usize>(t) + at;
      const f = v128.load_splat<f32>(t, 4);
      c0 = f32x4.add(c0, f32x4.mul(f, v128.load(row)));
      c1 = f32x4.add(c1, f32x4.mul(f, v128.load(row, 16)));
      c2 = f32x4.add(c2, f32x4.mul(f, v128.load(row, 32)));
      c3 = f32x4.add(c3, f32x4.mul(f, v128.load(row, 48)));
    }
    v128.store(to + at, c0);
    v128.store(to + at, c1, 16);
    v128.store(to + at, c2, 32);
    v128.store(to + at, c3, 48);
  }
  for (; at < bytes; at += 4) {
    let sum: f32 = 0;
    for (let t = first; t < last; t += 8) sum += load<f32>(t, 4) * load<f32>(load<usize>(t) + at);
    store<f32>(to + at, sum);
  }
}
