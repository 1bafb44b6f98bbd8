// Gradients of the depthwise convolution.
import { DepthwiseFilterGrad, DepthwiseInputGrad } from "./jobs";

/** Input gradient; chunk = one input row. */
export function depthwiseInputGradChunk(p: DepthwiseInputGrad, chunk: i32): void {
  const h = p.inHeight;
  const w = p.inWidth;
  const c = p.inChannels;
  const oh = p.outHeight;
  const ow = p.outWidth;
  const fh = p.filterHeight;
  const fw = p.filterWidth;
  const sy = p.strideY;
  const sx = p.strideX;
  const q = p.multiplier;
  const b = chunk / h;
  const y = chunk % h + p.top;
  const pixel = <usize>c * 4;
  let to = p.dx + <usize>(chunk * w) * pixel;
  memory.fill(to, 0, <usize>w * pixel);
  for (let ix = 0; ix < w; ix++) {
    const x = ix + p.left;
    for (let i = 0; i < fh; i++) {
      const oy = (y - i) / sy;
      if (y < i || oy * sy != y - i || oy >= oh) continue;
      for (let j = 0; j < fw; j++) {
        const ox = (x - j) / sx;
        if (x < j || ox * sx != x - j || ox >= ow) continue;
        const filter = p.filter + <usize>((i * fw + j) * c * q) * 4;
        const dy = p.dy + <usize>(((b * oh + oy) * ow + ox) * c * q) * 4;
        let ch = 0;
        if (q == 1) {
          for (; ch + 4 <= c; ch += 4) {
            const at = <usize>ch * 4;
            v128.store(
              to + at,
              f32x4.add(v128.load(to + at), f32x4.mul(v128.load(filter + at), v128.load(dy + at))),
            );
          }
        }
        for (; ch < c; ch++) {
          let sum = load<f32>(to + <usize>ch * 4);
          for (let k = 0; k < q; k++) {
            const at = <usize>(ch * q + k) * 4;
            sum += load<f32>(filter + at) * load<f32>(dy + at);
          }
          store<f32>(to + <usize>ch * 4, sum);
        }
      }
    }
    to += pixel;
  }
}

/** Filter gradient; chunk = one filter position. Sums of rows are added up in their order. */
export function depthwiseFilterGradChunk(p: DepthwiseFilterGrad, chunk: i32): void {
  const h = p.inHeight;
  const w = p.inWidth;
  const c = p.inChannels;
  const oh = p.outHeight;
  const ow = p.outWidth;
  const fw = p.filterWidth;
  const sx = p.strideX;
  const q = p.multiplier;
  const i = chunk / fw - p.top;
  const j = chunk % fw - p.left;
  const to = p.dFilter + <usize>(chunk * c * q) * 4;
  memory.fill(to, 0, <usize>(c * q) * 4);
  for (let line = 0; line < p.batch * oh; line++) {
    const iy = (line % oh) * p.strideY + i;
    if (<u32>iy >= <u32>h) continue;
    const x = p.x + <usize>((line / oh * h + iy) * w * c) * 4;
    const dy = p.dy + <usize>(line * ow * c * q) * 4;
    let ch = 0;
    if (q == 1) {
      for (; ch + 4 <= c; ch += 4) {
        let sum = f32x4.splat(0);
        for (let ox = 0; ox < ow; ox++) {
          const ix = ox * sx + j;
          if (<u32>ix >= <u32>w) continue;
          const a = v128.load(x + <usize>(ix * c + ch) * 4);
          sum = f32x4.add(sum, f32x4.mul(a, v128.load(dy + <usize>(ox * c + ch) * 4)));
        }
        const o = to + <usize>ch * 4;
        v128.store(o, f32x4.add(v128.load(o), sum));
      }
    }
    for (; ch < c; ch++) {
      for (let k = 0; k < q; k++) {
        let sum: f32 = 0;
        for (let ox = 0; ox < ow; ox++) {
          const ix = ox * sx + j;
          if (<u32>ix >= <u32>w) continue;
          const g = load<f32>(dy + <usize>((ox * c + ch) * q + k) * 4);
          sum += load<f32>(x + <usize>(ix * c + ch) * 4) * g;
        }
        const o = to + <usize>(ch * q + k) * 4;
        store<f32>(o, load<f32>(o) + sum);
      }
    }
  }
}
