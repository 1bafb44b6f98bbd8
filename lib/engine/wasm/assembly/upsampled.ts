// Convolutions of maps that a bilinear resize upsampled much. Both are linear, so the filter can go
// first: Q[u][v][tap] = P[u][v] F[tap] for the few pixels P of the small map; then a tap's share of
// an output pixel is Q interpolated where the tap reads. The filter gradient runs the same way back.
//   small    P [batch, h, w, c]
//   products Q [batch, h, w, kh, kw, n]
//   rows     R [batch, h, kh, ow, n]: Q interpolated along the width
import { UpsampledConv, UpsampledFilterGrad } from "./jobs";
import { finish } from "./elementwise";
import { addWeighted, scale, share, source } from "./resize";

/** Q and R of one row of one small map, which the chunk names. */
export function upsampledProductsChunk(p: UpsampledConv, chunk: i32): void {
  const w = p.smallWidth;
  const wide = p.inWidth;
  const c = p.inChannels;
  const n = p.outChannels;
  const ow = p.outWidth;
  const kh = p.filterHeight;
  const kw = p.filterWidth;
  const row = <usize>n * 4;
  const matrix = <usize>c * row;
  const pixel = <usize>(kh * kw) * row;
  const q = p.products + <usize>(chunk * w) * pixel;
  for (let v = 0; v < w; v++) {
    const a = p.small + <usize>((chunk * w + v) * c) * 4;
    for (let tap = 0; tap < kh * kw; tap++) {
      const f = p.filter + <usize>tap * matrix;
      products(a, 4, f, row, c, q + <usize>v * pixel + <usize>tap * row, row);
    }
  }
  const ratio = scale(w, wide, 0);
  let to = p.rows + <usize>(chunk * kh * ow) * row;
  memory.fill(to, 0, <usize>(kh * ow) * row);
  for (let i = 0; i < kh; i++) {
    for (let ox = 0; ox < ow; ox++) {
      for (let j = 0; j < kw; j++) {
        const at = ox * p.strideX + j - p.left;
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
export function upsampledConvChunk(p: UpsampledConv, chunk: i32, scratch: usize): void {
  const h = p.smallHeight;
  const tall = p.inHeight;
  const n = p.outChannels;
  const oh = p.outHeight;
  const ow = p.outWidth;
  const kh = p.filterHeight;
  const line = <usize>(ow * n) * 4;
  const map = p.rows + <usize>(chunk / oh * h * kh) * line;
  const ratio = scale(h, tall, 0);
  let end = scratch;
  for (let i = 0; i < kh; i++) {
    const at = chunk % oh * p.strideY + i - p.top;
    if (<u32>at >= <u32>tall) continue;
    const y = source(at, ratio, 0);
    const low = min(<i32>y, h - 1);
    const high = min(low + 1, h - 1);
    const f: f32 = y - <f32>low;
    end = term(end, map + <usize>(low * kh + i) * line, 1 - f);
    end = term(end, map + <usize>(high * kh + i) * line, f);
  }
  const out = p.out + <usize>chunk * line;
  weightedSum(scratch, end, out, line);
  const bias = p.bias;
  const act = p.activation;
  if (!bias && !act) return;
  const row = <usize>n * 4;
  for (let x: usize = 0; x < line; x += row) finish(out + x, row, bias, act, p.alpha);
}

/** The gradients of R and then Q for one row of one small map, which the chunk names. */
export function upsampledGatherChunk(p: UpsampledFilterGrad, chunk: i32, scratch: usize): void {
  const h = p.smallHeight;
  const w = p.smallWidth;
  const tall = p.inHeight;
  const wide = p.inWidth;
  const n = p.outChannels;
  const oh = p.outHeight;
  const ow = p.outWidth;
  const kh = p.filterHeight;
  const kw = p.filterWidth;
  const row = <usize>n * 4;
  const line = <usize>ow * row;
  const dy = p.dy + <usize>(chunk / h * oh) * line;
  const r = p.rows + <usize>(chunk * kh) * line;
  const ratioY = scale(h, tall, 0);
  for (let i = 0; i < kh; i++) {
    let end = scratch;
    for (let oy = 0; oy < oh; oy++) {
      const at = oy * p.strideY + i - p.top;
      if (<u32>at >= <u32>tall) continue;
      const f = share(at, chunk % h, h, ratioY, 0);
      if (f != 0) end = term(end, dy + <usize>oy * line, f);
    }
    weightedSum(scratch, end, r + <usize>i * line, line);
  }
  const ratioX = scale(w, wide, 0);
  const pixel = <usize>(kh * kw) * row;
  const q = p.products + <usize>(chunk * w) * pixel;
  memory.fill(q, 0, <usize>w * pixel);
  for (let j = 0; j < kw; j++) {
    for (let ox = 0; ox < ow; ox++) {
      const at = ox * p.strideX + j - p.left;
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
export function upsampledFilterGradChunk(p: UpsampledFilterGrad, tap: i32): void {
  const c = p.inChannels;
  const row = <usize>p.outChannels * 4;
  const rows = p.batch * p.smallHeight * p.smallWidth;
  const pixel = <usize>(p.filterHeight * p.filterWidth) * row;
  const q = p.products + <usize>tap * row;
  let to = p.dFilter + <usize>(tap * c) * row;
  for (let ch = 0; ch < c; ch++) {
    products(p.small + <usize>ch * 4, <usize>c * 4, q, pixel, rows, to, row);
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
