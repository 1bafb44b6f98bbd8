// Windows of one channel: pooling and its gradients.
import { AvgPoolGrad, MaxPool, MaxPoolGrad } from "./jobs";

/**
 * Max pool gradient: dy of an output goes to the first of its window's largest inputs (whatever
 * their sign). Chunk = (image, channel group), so overlapping windows never meet between threads.
 */
export function maxPoolGradChunk(p: MaxPoolGrad, chunk: i32, scratch: usize): void {
  const h = p.inHeight;
  const w = p.inWidth;
  const c = p.inChannels;
  const oh = p.outHeight;
  const ow = p.outWidth;
  const fh = p.filterHeight;
  const fw = p.filterWidth;
  const sy = p.strideY;
  const sx = p.strideX;
  const top = p.top;
  const left = p.left;
  const bands = p.bands;
  const b = chunk / bands;
  const band = chunk % bands;
  const pixel = <usize>c * 4;
  const x = p.x + <usize>(b * h * w) * pixel;
  const dy = p.dy + <usize>(b * oh * ow) * pixel;
  const dx = p.dx + <usize>(b * h * w) * pixel;
  // Bands are groups of output rows where windows do not overlap, else groups of channels.
  const byRows = fh <= sy;
  const per = ((byRows ? oh : (c + 3) >> 2) + bands - 1) / bands;
  let y0 = 0, y1 = oh, c0 = 0, c1 = c;
  if (byRows) {
    y0 = band * per;
    y1 = min(oh, y0 + per);
    if (y0 >= y1) return;
    const r0 = y0 == 0 ? 0 : max(0, y0 * sy - top);
    const r1 = y1 == oh ? h : min(h, y1 * sy - top);
    if (r1 > r0) memory.fill(dx + <usize>(r0 * w) * pixel, 0, <usize>((r1 - r0) * w) * pixel);
  } else {
    c0 = band * per * 4;
    c1 = min(c, c0 + per * 4);
    if (c0 >= c1) return;
    const bytes = <usize>(c1 - c0) * 4;
    for (let i = 0; i < h * w; i++) memory.fill(dx + <usize>i * pixel + <usize>c0 * 4, 0, bytes);
  }
  const low = f32x4.splat(-Infinity);
  for (let oy = y0; oy < y1; oy++) {
    const fromY = max(0, oy * sy - top);
    const toY = min(h, oy * sy - top + fh);
    for (let ox = 0; ox < ow; ox++) {
      const fromX = max(0, ox * sx - left);
      const toX = min(w, ox * sx - left + fw);
      const g = dy + <usize>(oy * ow + ox) * pixel;
      let ch = c0;
      for (; ch + 4 <= c1; ch += 4) {
        const at = <usize>ch * 4;
        let best = low;
        let where = i32x4.splat(-1);
        for (let iy = fromY; iy < toY; iy++) {
          for (let ix = fromX; ix < toX; ix++) {
            const index = iy * w + ix;
            const v = v128.load(x + <usize>index * pixel + at);
            const more = f32x4.gt(v, best);
            best = v128.bitselect(v, best, more);
            where = v128.bitselect(i32x4.splat(index), where, more);
          }
        }
        const grad = v128.load(g + at);
        for (let iy = fromY; iy < toY; iy++) {
          for (let ix = fromX; ix < toX; ix++) {
            const index = iy * w + ix;
            const mine = v128.and(grad, i32x4.eq(where, i32x4.splat(index)));
            const o = dx + <usize>index * pixel + at;
            v128.store(o, f32x4.add(v128.load(o), mine));
          }
        }
      }
      for (; ch < c1; ch++) {
        const at = <usize>ch * 4;
        let best: f32 = -Infinity;
        let where = -1;
        for (let iy = fromY; iy < toY; iy++) {
          for (let ix = fromX; ix < toX; ix++) {
            const v = load<f32>(x + <usize>(iy * w + ix) * pixel + at);
            if (v > best) {
              best = v;
              where = iy * w + ix;
            }
          }
        }
        if (where >= 0) {
          const o = dx + <usize>where * pixel + at;
          store<f32>(o, load<f32>(o) + load<f32>(g + at));
        }
      }
    }
  }
}

/** Max pool; chunk = one output row. */
export function maxPoolChunk(p: MaxPool, chunk: i32): void {
  const h = p.inHeight;
  const w = p.inWidth;
  const c = p.inChannels;
  const oh = p.outHeight;
  const ow = p.outWidth;
  const pixel = <usize>c * 4;
  const x = p.x + <usize>(chunk / oh * h * w) * pixel;
  let to = p.out + <usize>(chunk * ow) * pixel;
  const y = (chunk % oh) * p.strideY - p.top;
  const fromY = max(0, y);
  const toY = min(h, y + p.filterHeight);
  const low = f32x4.splat(-Infinity);
  for (let ox = 0; ox < ow; ox++) {
    const left = ox * p.strideX - p.left;
    const fromX = max(0, left);
    const toX = min(w, left + p.filterWidth);
    let ch = 0;
    for (; ch + 4 <= c; ch += 4) {
      const at = x + <usize>ch * 4;
      let best = low;
      for (let iy = fromY; iy < toY; iy++) {
        for (let ix = fromX; ix < toX; ix++) {
          best = f32x4.max(best, v128.load(at + <usize>(iy * w + ix) * pixel));
        }
      }
      v128.store(to + <usize>ch * 4, best);
    }
    for (; ch < c; ch++) {
      const at = x + <usize>ch * 4;
      let best: f32 = -Infinity;
      for (let iy = fromY; iy < toY; iy++) {
        for (let ix = fromX; ix < toX; ix++) {
          best = max<f32>(best, load<f32>(at + <usize>(iy * w + ix) * pixel));
        }
      }
      store<f32>(to + <usize>ch * 4, best);
    }
    to += pixel;
  }
}

/**
 * Average pool gradient; chunk = one input row. A window's dy is shared by the inputs it holds:
 * padding does not count, as in the forward pass.
 */
export function avgPoolGradChunk(p: AvgPoolGrad, chunk: i32): void {
  const h = p.inHeight;
  const w = p.inWidth;
  const c = p.inChannels;
  const oh = p.outHeight;
  const ow = p.outWidth;
  const fh = p.filterHeight;
  const fw = p.filterWidth;
  const sy = p.strideY;
  const sx = p.strideX;
  const top = p.top;
  const left = p.left;
  const pixel = <usize>c * 4;
  const b = chunk / h;
  const iy = chunk % h;
  let to = p.dx + <usize>(chunk * w) * pixel;
  memory.fill(to, 0, <usize>w * pixel);
  // First window that reaches the row: ceil((iy + top - fh + 1) / sy), not below 0.
  const fromY = iy + top < fh ? 0 : (iy + top - fh) / sy + 1;
  const toY = min(oh - 1, (iy + top) / sy);
  for (let ix = 0; ix < w; ix++) {
    const fromX = ix + left < fw ? 0 : (ix + left - fw) / sx + 1;
    const toX = min(ow - 1, (ix + left) / sx);
    for (let oy = fromY; oy <= toY; oy++) {
      const y = oy * sy - top;
      const rows = min(h, y + fh) - max(0, y);
      for (let ox = fromX; ox <= toX; ox++) {
        const x = ox * sx - left;
        const share: f32 = 1 / <f32>(rows * (min(w, x + fw) - max(0, x)));
        const from = p.dy + <usize>((b * oh + oy) * ow + ox) * pixel;
        const share4 = f32x4.splat(share);
        let ch = 0;
        for (; ch + 4 <= c; ch += 4) {
          const at = <usize>ch * 4;
          v128.store(
            to + at,
            f32x4.add(v128.load(to + at), f32x4.mul(share4, v128.load(from + at))),
          );
        }
        for (; ch < c; ch++) {
          const at = <usize>ch * 4;
          store<f32>(to + at, load<f32>(to + at) + share * load<f32>(from + at));
        }
      }
    }
    to += pixel;
  }
}
