/**
 * Rows of x added up by segment; ids outside 0..segments-1 are left out. Words: x, ids, to, rows,
 * columns, segments, columns per chunk, whether values are int32. Chunk = some columns.
 */
export function segmentSumChunk(p: usize, chunk: i32): void {
  const rows = load<i32>(p, 12);
  const columns = load<i32>(p, 16);
  const segments = load<i32>(p, 20);
  const integer = load<i32>(p, 28);
  const first = chunk * load<i32>(p, 24);
  const count = min(columns - first, load<i32>(p, 24));
  const x = load<usize>(p) + <usize>first * 4;
  const to = load<usize>(p, 8) + <usize>first * 4;
  const stride = <usize>columns * 4;
  for (let s = 0; s < segments; s++) {
    memory.fill(to + <usize>s * stride, 0, <usize>count * 4);
  }
  for (let r = 0; r < rows; r++) {
    const id = load<i32>(load<usize>(p, 4) + <usize>r * 4);
    if (<u32>id >= <u32>segments) continue;
    const from = x + <usize>r * stride;
    const o = to + <usize>id * stride;
    let i = 0;
    for (; i + 4 <= count; i += 4) {
      const at = <usize>i * 4;
      const a = v128.load(o + at);
      const b = v128.load(from + at);
      v128.store(o + at, integer ? i32x4.add(a, b) : f32x4.add(a, b));
    }
    for (; i < count; i++) {
      const at = <usize>i * 4;
      if (integer) store<i32>(o + at, load<i32>(o + at) + load<i32>(from + at));
      else store<f32>(o + at, load<f32>(o + at) + load<f32>(from + at));
    }
  }
}
