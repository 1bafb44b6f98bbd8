// Bilinear resize and its gradient in gather form.
// height and width are those of the input of the resize, outHeight and outWidth those of its output.
import { NearestGrad, Resize, ResizeGrad, ResizeMode } from "./jobs";

/** Input indices per output index. */
export function scale(size: i32, outSize: i32, mode: i32): f32 {
  if (mode == ResizeMode.alignCorners && outSize > 1) return <f32>(size - 1) / <f32>(outSize - 1);
  return <f32>size / <f32>outSize;
}

/** Where an output index lies on the input axis; its whole part is the lower neighbour. */
export function source(o: i32, ratio: f32, mode: i32): f32 {
  if (mode == ResizeMode.halfPixel) return max<f32>(0, (<f32>o + 0.5) * ratio - 0.5);
  return <f32>o * ratio;
}

/** Share of input index i of an axis of `size` in an output index. */
export function share(o: i32, i: i32, size: i32, ratio: f32, mode: i32): f32 {
  const x = source(o, ratio, mode);
  const low = min(<i32>x, size - 1);
  const high = min(low + 1, size - 1);
  const f: f32 = x - <f32>low;
  return (low == i ? 1 - f : 0) + (high == i ? f : 0);
}

/** The first and last output index that may read index i or its neighbour; a generous guess. */
function firstReader(i: i32, ratio: f32): i32 {
  return ratio > 0 ? max(0, <i32>((<f32>i - 1) / ratio) - 2) : 0;
}

function lastReader(i: i32, ratio: f32, outSize: i32): i32 {
  return ratio > 0 ? min(outSize - 1, <i32>((<f32>i + 1.5) / ratio) + 2) : outSize - 1;
}

/** Pixels whose channels fit half of a thread's scratch. */
function segment(c: i32, outW: i32): i32 {
  return min(outW, max(1, SEGMENT / c));
}

/** Values of a stretched row that are worked on at a time. */
const SEGMENT: i32 = 8192;

/**
 * Chunk = a row of the input and all output rows between it and the next: both are stretched once,
 * and blended for each.
 */
export function resizeChunk(p: Resize, chunk: i32, scratch: usize): void {
  const h = p.height;
  const w = p.width;
  const c = p.channels;
  const outH = p.outHeight;
  const outW = p.outWidth;
  const mode = p.mode;
  const ratioX = scale(w, outW, mode);
  const ratioY = scale(h, outH, mode);
  const b = chunk / h;
  const iy = chunk % h;
  const pixel = <usize>c * 4;
  const top = p.x + <usize>(b * h + iy) * <usize>w * pixel;
  const bottom = top + (iy + 1 < h ? <usize>w * pixel : 0);
  const to = p.out + <usize>(b * outH) * <usize>outW * pixel;
  const last = lastReader(iy, ratioY, outH);
  const per = segment(c, outW);
  const second = scratch + <usize>per * pixel;
  for (let from = 0; from < outW; from += per) {
    const count = min(per, outW - from);
    const values = count * c;
    let stretched = false;
    for (let oy = firstReader(iy, ratioY); oy <= last; oy++) {
      const y = source(oy, ratioY, mode);
      if (min(<i32>y, h - 1) != iy) continue;
      if (!stretched) {
        stretch(top, scratch, w, c, from, count, ratioX, mode);
        stretch(bottom, second, w, c, from, count, ratioX, mode);
        stretched = true;
      }
      const out = to + (<usize>oy * <usize>outW + <usize>from) * pixel;
      blend(scratch, second, out, values, y - <f32>iy);
    }
  }
}

/** Pixels `first`.. of a row, resized along its length. */
function stretch(
  row: usize, to: usize, w: i32, c: i32, first: i32, count: i32, ratio: f32, mode: i32,
): void {
  const pixel = <usize>c * 4;
  for (let ox = first; ox < first + count; ox++) {
    const x = source(ox, ratio, mode);
    const x0 = min(<i32>x, w - 1);
    const left = row + <usize>x0 * pixel;
    const right = left + (x0 + 1 < w ? pixel : 0);
    blend(left, right, to, c, x - <f32>x0);
    to += pixel;
  }
}

/** to = a + f (b - a). */
function blend(a: usize, b: usize, to: usize, count: i32, f: f32): void {
  const f4 = f32x4.splat(f);
  const bytes = <usize>count * 4;
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    const left = v128.load(a + i);
    v128.store(to + i, f32x4.add(left, f32x4.mul(f4, f32x4.sub(v128.load(b + i), left))));
  }
  for (; i < bytes; i += 4) {
    const left = load<f32>(a + i);
    store<f32>(to + i, left + f * (load<f32>(b + i) - left));
  }
}

/**
 * Chunk = one row of dx: adds up the output rows that read it, each by its weight, and then collects
 * that row's pixels.
 */
export function resizeGradChunk(p: ResizeGrad, chunk: i32, scratch: usize): void {
  const h = p.height;
  const w = p.width;
  const c = p.channels;
  const outH = p.outHeight;
  const outW = p.outWidth;
  const mode = p.mode;
  const ratioX = scale(w, outW, mode);
  const ratioY = scale(h, outH, mode);
  const iy = chunk % h;
  const pixel = <usize>c * 4;
  const to = p.dx + <usize>chunk * <usize>w * pixel;
  memory.fill(to, 0, <usize>w * pixel);
  const rows = p.dy + <usize>(chunk / h * outH) * <usize>outW * pixel;
  const last = lastReader(iy, ratioY, outH);
  const per = segment(c, outW);
  for (let from = 0; from < outW; from += per) {
    const count = min(per, outW - from);
    let fresh = true;
    for (let oy = firstReader(iy, ratioY); oy <= last; oy++) {
      const weight = share(oy, iy, h, ratioY, mode);
      if (weight == 0) continue;
      const row = rows + (<usize>oy * <usize>outW + <usize>from) * pixel;
      if (fresh) memory.fill(scratch, 0, <usize>count * pixel);
      addWeighted(scratch, row, count * c, weight);
      fresh = false;
    }
    if (!fresh) collect(scratch, to, w, c, from, count, ratioX, mode);
  }
}

/** to += f from. */
export function addWeighted(to: usize, from: usize, count: i32, f: f32): void {
  const f4 = f32x4.splat(f);
  const bytes = <usize>count * 4;
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    v128.store(to + i, f32x4.add(v128.load(to + i), f32x4.mul(f4, v128.load(from + i))));
  }
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(to + i) + f * load<f32>(from + i));
}

/** Adds pixels `first`.. of a stretched row to those that they were made of. */
function collect(
  from: usize, to: usize, w: i32, c: i32, first: i32, count: i32, ratio: f32, mode: i32,
): void {
  const pixel = <usize>c * 4;
  for (let ox = first; ox < first + count; ox++) {
    const x = source(ox, ratio, mode);
    const x0 = min(<i32>x, w - 1);
    const x1 = min(x0 + 1, w - 1);
    const f: f32 = x - <f32>x0;
    addWeighted(to + <usize>x0 * pixel, from, c, 1 - f);
    addWeighted(to + <usize>x1 * pixel, from, c, f);
    from += pixel;
  }
}

/** Where nearest-neighbour resize reads output index o from. */
function nearest(o: i32, size: i32, outSize: i32, align: i32): i32 {
  const corners = align && outSize > 1;
  const ratio = corners ? <f64>(size - 1) / <f64>(outSize - 1) : <f64>size / <f64>outSize;
  const at = <f64>o * ratio;
  return min(size - 1, <i32>(align ? floor<f64>(at + 0.5) : floor<f64>(at)));
}

/** Gradient of nearest-neighbour resize. Chunk = a row of dx. */
export function nearestGradChunk(p: NearestGrad, chunk: i32): void {
  const h = p.height;
  const w = p.width;
  const c = p.channels;
  const outH = p.outHeight;
  const outW = p.outWidth;
  const align = p.alignCorners;
  const b = chunk / h;
  const iy = chunk % h;
  const pixel = <usize>c * 4;
  const to = p.dx + <usize>chunk * <usize>w * pixel;
  memory.fill(to, 0, <usize>w * pixel);
  for (let oy = 0; oy < outH; oy++) {
    if (nearest(oy, h, outH, align) != iy) continue;
    let from = p.dy + <usize>((b * outH + oy) * outW) * pixel;
    for (let ox = 0; ox < outW; ox++) {
      const o = to + <usize>nearest(ox, w, outW, align) * pixel;
      let ch = 0;
      for (; ch + 4 <= c; ch += 4) {
        const at = <usize>ch * 4;
        v128.store(o + at, f32x4.add(v128.load(o + at), v128.load(from + at)));
      }
      for (; ch < c; ch++) {
        const at = <usize>ch * 4;
        store<f32>(o + at, load<f32>(o + at) + load<f32>(from + at));
      }
      from += pixel;
    }
  }
}
