// Bilinear resize and its gradient in gather form.
// Words: from, to, batch, h, w (small side: input of the resize), c, H, W, mode.

/** Half-pixel centres, clamped edges. The other modes: 1 = top-left corners meet, 2 = all corners. */
const HALF_PIXEL: i32 = 0;
const ALIGN_CORNERS: i32 = 2;

/** Input indices per output index. */
function scale(size: i32, outSize: i32, mode: i32): f32 {
  if (mode == ALIGN_CORNERS && outSize > 1) return <f32>(size - 1) / <f32>(outSize - 1);
  return <f32>size / <f32>outSize;
}

/** Where an output index lies on the input axis; its whole part is the lower neighbour. */
function source(o: i32, ratio: f32, mode: i32): f32 {
  if (mode == HALF_PIXEL) return max<f32>(0, (<f32>o + 0.5) * ratio - 0.5);
  return <f32>o * ratio;
}

/** Chunk = one output row. */
export function resizeChunk(p: usize, chunk: i32): void {
  const h = load<i32>(p, 12);
  const w = load<i32>(p, 16);
  const c = load<i32>(p, 20);
  const outH = load<i32>(p, 24);
  const outW = load<i32>(p, 28);
  const b = chunk / outH;
  const pixel = <usize>c * 4;
  const mode = load<i32>(p, 32);
  const ratioX = scale(w, outW, mode);
  const y = source(chunk % outH, scale(h, outH, mode), mode);
  const y0 = min(<i32>y, h - 1);
  const fy: f32 = y - <f32>y0;
  const row = <usize>w * pixel;
  const top = load<usize>(p) + <usize>(b * h + y0) * row;
  const bottom = top + (y0 + 1 < h ? row : 0);
  let to = load<usize>(p, 4) + <usize>chunk * <usize>outW * pixel;
  for (let ox = 0; ox < outW; ox++) {
    const x = source(ox, ratioX, mode);
    const x0 = min(<i32>x, w - 1);
    const fx: f32 = x - <f32>x0;
    const left = <usize>x0 * pixel;
    const right = left + (x0 + 1 < w ? pixel : 0);
    const fx4 = f32x4.splat(fx);
    const fy4 = f32x4.splat(fy);
    let ch = 0;
    for (; ch + 4 <= c; ch += 4) {
      const at = <usize>ch * 4;
      const tl = v128.load(top + left + at);
      const bl = v128.load(bottom + left + at);
      const t = f32x4.add(tl, f32x4.mul(fx4, f32x4.sub(v128.load(top + right + at), tl)));
      const u = f32x4.add(bl, f32x4.mul(fx4, f32x4.sub(v128.load(bottom + right + at), bl)));
      v128.store(to + at, f32x4.add(t, f32x4.mul(fy4, f32x4.sub(u, t))));
    }
    for (; ch < c; ch++) {
      const at = <usize>ch * 4;
      const tl = load<f32>(top + left + at);
      const bl = load<f32>(bottom + left + at);
      const t: f32 = tl + fx * (load<f32>(top + right + at) - tl);
      const u: f32 = bl + fx * (load<f32>(bottom + right + at) - bl);
      store<f32>(to + at, t + fy * (u - t));
    }
    to += pixel;
  }
}

/** Chunk = one row of dx: collects from the output rows that read it. */
export function resizeGradChunk(p: usize, chunk: i32): void {
  const h = load<i32>(p, 12);
  const w = load<i32>(p, 16);
  const c = load<i32>(p, 20);
  const outH = load<i32>(p, 24);
  const outW = load<i32>(p, 28);
  const b = chunk / h;
  const iy = chunk % h;
  const pixel = <usize>c * 4;
  const to = load<usize>(p, 4) + <usize>chunk * <usize>w * pixel;
  memory.fill(to, 0, <usize>w * pixel);
  const mode = load<i32>(p, 32);
  const ratioX = scale(w, outW, mode);
  const ratioY = scale(h, outH, mode);
  // Generous bounds, good for every mode; the weight decides.
  let first = 0, last = outH - 1;
  if (ratioY > 0) {
    first = max(0, <i32>((<f32>iy - 1) / ratioY) - 2);
    last = min(outH - 1, <i32>((<f32>iy + 1.5) / ratioY) + 2);
  }
  for (let oy = first; oy <= last; oy++) {
    const y = source(oy, ratioY, mode);
    const y0 = min(<i32>y, h - 1);
    const y1 = min(y0 + 1, h - 1);
    const fy: f32 = y - <f32>y0;
    const wy: f32 = (y0 == iy ? 1 - fy : 0) + (y1 == iy ? fy : 0);
    if (wy == 0) continue;
    let from = load<usize>(p) + <usize>((b * outH + oy) * outW) * pixel;
    for (let ox = 0; ox < outW; ox++) {
      const x = source(ox, ratioX, mode);
      const x0 = min(<i32>x, w - 1);
      const x1 = min(x0 + 1, w - 1);
      const fx: f32 = x - <f32>x0;
      const left = to + <usize>x0 * pixel;
      const right = to + <usize>x1 * pixel;
      const a: f32 = wy * (1 - fx);
      const d: f32 = wy * fx;
      const a4 = f32x4.splat(a);
      const d4 = f32x4.splat(d);
      let ch = 0;
      for (; ch + 4 <= c; ch += 4) {
        const at = <usize>ch * 4;
        const g = v128.load(from + at);
        v128.store(left + at, f32x4.add(v128.load(left + at), f32x4.mul(a4, g)));
        v128.store(right + at, f32x4.add(v128.load(right + at), f32x4.mul(d4, g)));
      }
      for (; ch < c; ch++) {
        const at = <usize>ch * 4;
        const g = load<f32>(from + at);
        store<f32>(left + at, load<f32>(left + at) + a * g);
        store<f32>(right + at, load<f32>(right + at) + d * g);
      }
      from += pixel;
    }
  }
}

/** Where nearest-neighbour resize reads output index o from. */
function nearest(o: i32, size: i32, outSize: i32, align: i32): i32 {
  const corners = align && outSize > 1;
  const ratio = corners ? <f64>(size - 1) / <f64>(outSize - 1) : <f64>size / <f64>outSize;
  const at = <f64>o * ratio;
  return min(size - 1, <i32>(align ? floor<f64>(at + 0.5) : floor<f64>(at)));
}

/** Gradient of nearest-neighbour resize; the word after W is alignCorners. Chunk = a row of dx. */
export function nearestGradChunk(p: usize, chunk: i32): void {
  const h = load<i32>(p, 12);
  const w = load<i32>(p, 16);
  const c = load<i32>(p, 20);
  const outH = load<i32>(p, 24);
  const outW = load<i32>(p, 28);
  const align = load<i32>(p, 32);
  const b = chunk / h;
  const iy = chunk % h;
  const pixel = <usize>c * 4;
  const to = load<usize>(p, 4) + <usize>chunk * <usize>w * pixel;
  memory.fill(to, 0, <usize>w * pixel);
  for (let oy = 0; oy < outH; oy++) {
    if (nearest(oy, h, outH, align) != iy) continue;
    let from = load<usize>(p) + <usize>((b * outH + oy) * outW) * pixel;
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
