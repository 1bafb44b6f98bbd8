// Gradients of the depthwise convolution. Words: x or filter, dy, to, batch, H, W, C, OH, OW, filter
// height, filter width, stride y, stride x, pad top, pad left, channel multiplier.

/** Input gradient; chunk = one input row. */
export function depthwiseInputChunk(p: usize, chunk: i32): void {
  const h = load<i32>(p, 16);
  const w = load<i32>(p, 20);
  const c = load<i32>(p, 24);
  const oh = load<i32>(p, 28);
  const ow = load<i32>(p, 32);
  const fh = load<i32>(p, 36);
  const fw = load<i32>(p, 40);
  const sy = load<i32>(p, 44);
  const sx = load<i32>(p, 48);
  const q = load<i32>(p, 60);
  const b = chunk / h;
  const y = chunk % h + load<i32>(p, 52);
  const pixel = <usize>c * 4;
  let to = load<usize>(p, 8) + <usize>(chunk * w) * pixel;
  memory.fill(to, 0, <usize>w * pixel);
  for (let ix = 0; ix < w; ix++) {
    const x = ix + load<i32>(p, 56);
    for (let i = 0; i < fh; i++) {
      const oy = (y - i) / sy;
      if (y < i || oy * sy != y - i || oy >= oh) continue;
      for (let j = 0; j < fw; j++) {
        const ox = (x - j) / sx;
        if (x < j || ox * sx != x - j || ox >= ow) continue;
        const filter = load<usize>(p) + <usize>((i * fw + j) * c * q) * 4;
        const dy = load<usize>(p, 4) + <usize>(((b * oh + oy) * ow + ox) * c * q) * 4;
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
export function depthwiseFilterChunk(p: usize, chunk: i32): void {
  const h = load<i32>(p, 16);
  const w = load<i32>(p, 20);
  const c = load<i32>(p, 24);
  const oh = load<i32>(p, 28);
  const ow = load<i32>(p, 32);
  const fw = load<i32>(p, 40);
  const sx = load<i32>(p, 48);
  const q = load<i32>(p, 60);
  const i = chunk / fw - load<i32>(p, 52);
  const j = chunk % fw - load<i32>(p, 56);
  const to = load<usize>(p, 8) + <usize>(chunk * c * q) * 4;
  memory.fill(to, 0, <usize>(c * q) * 4);
  for (let line = 0; line < load<i32>(p, 12) * oh; line++) {
    const iy = (line % oh) * load<i32>(p, 44) + i;
    if (<u32>iy >= <u32>h) continue;
    const x = load<usize>(p) + <usize>((line / oh * h + iy) * w * c) * 4;
    const dy = load<usize>(p, 4) + <usize>(line * ow * c * q) * 4;
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
