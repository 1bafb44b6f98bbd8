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
