/**
 * Adds partial sums in their order: to[r][n] = sum over s of from[s][r][ld]. Words: from, to, rows,
 * n, ld, slices, rows per chunk.
 */
export function reduceChunk(p: usize, chunk: i32): void {
  const rows = load<i32>(p, 8);
  const n = load<i32>(p, 12);
  const ld = load<i32>(p, 16);
  const slices = load<i32>(p, 20);
  const per = load<i32>(p, 24);
  const size = <usize>(rows * ld) * 4;
  const last = min(rows, (chunk + 1) * per);
  for (let r = chunk * per; r < last; r++) {
    const from = load<usize>(p) + <usize>(r * ld) * 4;
    const to = load<usize>(p, 4) + <usize>(r * n) * 4;
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      const at = <usize>i * 4;
      let sum = v128.load(from + at);
      for (let s = 1; s < slices; s++) sum = f32x4.add(sum, v128.load(from + at + <usize>s * size));
      v128.store(to + at, sum);
    }
    for (; i < n; i++) {
      const at = <usize>i * 4;
      let sum = load<f32>(from + at);
      for (let s = 1; s < slices; s++) sum += load<f32>(from + at + <usize>s * size);
      store<f32>(to + at, sum);
    }
  }
}

/**
 * Bias gradient of a block of rows: partial[block][c] = sum of dy, or of dy as it was before a ReLU
 * with the output y, which is then also written to `masked`. Words: dy, y or 0, masked, partials,
 * rows, c, rows per block; float: slope of the ReLU below zero.
 */
export function biasGradChunk(p: usize, block: i32): void {
  const c = load<i32>(p, 20);
  const per = load<i32>(p, 24);
  const rows = min(per, load<i32>(p, 16) - block * per);
  const stride = <usize>c * 4;
  const skip = <usize>(block * per) * stride;
  const dy = load<usize>(p) + skip;
  const relu = load<usize>(p, 4) != 0;
  const y = load<usize>(p, 4) + skip;
  const masked = load<usize>(p, 8) + skip;
  const sums = load<usize>(p, 12) + <usize>block * stride;
  const zero = f32x4.splat(0);
  const leak = load<f32>(p, 28);
  let ch = 0;
  for (; ch + 4 <= c; ch += 4) {
    let i = <usize>ch * 4;
    let sum = zero;
    for (let r = 0; r < rows; r++) {
      let g = v128.load(dy + i);
      if (relu) {
        const low = leak == 0 ? zero : f32x4.mul(g, f32x4.splat(leak));
        g = v128.bitselect(g, low, f32x4.gt(v128.load(y + i), zero));
        v128.store(masked + i, g);
      }
      sum = f32x4.add(sum, g);
      i += stride;
    }
    v128.store(sums + <usize>ch * 4, sum);
  }
  for (; ch < c; ch++) {
    let i = <usize>ch * 4;
    let sum: f32 = 0;
    for (let r = 0; r < rows; r++) {
      let g = load<f32>(dy + i);
      if (relu) {
        if (!(load<f32>(y + i) > 0)) g = leak == 0 ? 0 : leak * g;
        store<f32>(masked + i, g);
      }
      sum += g;
      i += stride;
    }
    store<f32>(sums + <usize>ch * 4, sum);
  }
}
