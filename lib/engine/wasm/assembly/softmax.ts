// Temperature softmax, cross-entropy and gradient in one pass over the logits.
import { exp4, log64 } from "./math";

/**
 * Words: logits, labels (i32), dlogits, partial losses (f64 per chunk), rows, classes, rows per
 * chunk; floats: 1/T, scale/T.
 */
export function softmaxChunk(p: usize, chunk: i32, scratch: usize): void {
  const c = load<i32>(p, 20);
  const per = load<i32>(p, 24);
  const inverse = f32x4.splat(load<f32>(p, 28));
  const scale = f32x4.splat(load<f32>(p, 32));
  const first = chunk * per;
  const last = min(load<i32>(p, 16), first + per);
  const row = <usize>c * 4;
  const padded = (row + 15) & ~15;
  const direct = (c & 3) == 0;
  let loss: f64 = 0;
  // A row that is no whole number of vectors is worked on in a copy, padded with -infinity.
  for (let i: usize = 0; i < padded; i += 16) v128.store(scratch + i, f32x4.splat(-Infinity));
  for (let r = first; r < last; r++) {
    const to = load<usize>(p, 8) + <usize>r * row;
    const label = load<i32>(load<usize>(p, 4) + <usize>r * 4);
    if (<u32>label >= <u32>c) {
      memory.fill(to, 0, row);
      continue;
    }
    const from = load<usize>(p) + <usize>r * row;
    let z = from;
    let out = to;
    if (!direct) {
      for (let i: usize = 0; i < row; i += 4) store<f32>(scratch + i, load<f32>(from + i));
      z = scratch;
      out = scratch + padded;
    }
    let top = f32x4.splat(-Infinity);
    for (let i: usize = 0; i < padded; i += 16) top = f32x4.max(top, v128.load(z + i));
    top = f32x4.max(top, v128.shuffle<f32>(top, top, 2, 3, 0, 1));
    top = f32x4.max(top, v128.shuffle<f32>(top, top, 1, 0, 3, 2));
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < padded; i += 16) {
      const e = exp4(f32x4.mul(f32x4.sub(v128.load(z + i), top), inverse));
      v128.store(out + i, e);
      sum = f32x4.add(sum, e);
    }
    sum = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 2, 3, 0, 1));
    sum = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 1, 0, 3, 2));
    const mine = (load<f32>(from + <usize>label * 4) - f32x4.extract_lane(top, 0)) *
      load<f32>(p, 28);
    loss += log64(<f64>f32x4.extract_lane(sum, 0)) - <f64>mine;
    const factor = f32x4.div(scale, sum);
    for (let i: usize = 0; i < padded; i += 16) {
      v128.store(out + i, f32x4.mul(v128.load(out + i), factor));
    }
    const at = <usize>label * 4;
    store<f32>(out + at, load<f32>(out + at) - load<f32>(p, 32));
    if (!direct) {
      for (let i: usize = 0; i < row; i += 4) store<f32>(to + i, load<f32>(out + i));
    }
  }
  store<f64>(load<usize>(p, 12) + <usize>chunk * 8, loss);
}

/** One value: to = scale * (sum of f64 partials, in order). Words: from, to, count; float: scale. */
export function sumChunk(p: usize): void {
  const from = load<usize>(p);
  let sum: f64 = 0;
  for (let i = 0; i < load<i32>(p, 8); i++) sum += load<f64>(from + <usize>i * 8);
  store<f32>(load<usize>(p, 4), <f32>(sum * <f64>load<f32>(p, 12)));
}
