// Class labels: as one-hot maps; convolutions of such maps, where a pixel is 1 in one channel at most,
// so that a tap adds a row of the filter instead of multiplying a matrix by zeros; and temperature
// softmax, cross-entropy and gradient in one pass over the logits.
import {
  LABEL_COLUMNS, LabelConv, LabelFilterGrad, OneHot, SoftmaxCrossEntropy, SumLosses,
} from "./jobs";
import { finish } from "./elementwise";
import { exp4, log64, maxLanes, sumLanes } from "./math";

/** Labels to one-hot rows. */
export function oneHotChunk(p: OneHot, chunk: i32): void {
  const classes = <u32>p.classes;
  const per = p.perChunk;
  const first = chunk * per;
  const last = min(p.count, first + per);
  const row = <usize>classes * 4;
  let to = p.out + <usize>first * row;
  memory.fill(to, 0, <usize>(last - first) * row);
  for (let i = first; i < last; i++) {
    const label = load<u32>(p.labels + <usize>i * 4);
    if (label < classes) store<f32>(to + <usize>label * 4, 1);
    to += row;
  }
}

/** Forward convolution with bias and activation. Chunk = one row of one output map. */
export function labelConvChunk(p: LabelConv, chunk: i32, scratch: usize): void {
  const classes = <u32>p.inChannels;
  const n = p.outChannels;
  const oh = p.outHeight;
  const ow = p.outWidth;
  const ih = p.inHeight;
  const iw = p.inWidth;
  const kh = p.filterHeight;
  const kw = p.filterWidth;
  const sx = p.strideX;
  const stepY = p.dilationY;
  const stepX = p.dilationX;
  const row = <usize>n * 4;
  const matrix = <usize>classes * row;
  const y0 = chunk % oh * p.strideY - p.top;
  const map = p.labels + <usize>(chunk / oh * ih) * <usize>iw * 4;
  let out = p.out + <usize>chunk * <usize>ow * row;
  let x0 = -p.left;
  for (let ox = 0; ox < ow; ox++) {
    let live = scratch;
    let taps = p.filter;
    for (let i = 0; i < kh; i++) {
      const y = y0 + i * stepY;
      if (<u32>y >= <u32>ih) {
        taps += <usize>kw * matrix;
        continue;
      }
      const line = map + <usize>(y * iw) * 4;
      for (let j = 0; j < kw; j++) {
        const x = x0 + j * stepX;
        if (<u32>x < <u32>iw) {
          const label = load<u32>(line + <usize>x * 4);
          if (label < classes) {
            store<usize>(live, taps + <usize>label * row);
            live += 4;
          }
        }
        taps += matrix;
      }
    }
    addRows(p, scratch, live, n, out);
    out += row;
    x0 += sx;
  }
}

/** out = activation(sum of the rows that the pointers from `first` to `last` + bias). */
function addRows(p: LabelConv, first: usize, last: usize, n: i32, out: usize): void {
  const bias = p.bias;
  const act = p.activation;
  const alpha = p.alpha;
  const bytes = <usize>n * 4;
  const zero = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 128 <= bytes; at += 128) {
    let c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero, c7 = zero;
    for (let t = first; t < last; t += 4) {
      const row = load<usize>(t) + at;
      c0 = f32x4.add(c0, v128.load(row));
      c1 = f32x4.add(c1, v128.load(row, 16));
      c2 = f32x4.add(c2, v128.load(row, 32));
      c3 = f32x4.add(c3, v128.load(row, 48));
      c4 = f32x4.add(c4, v128.load(row, 64));
      c5 = f32x4.add(c5, v128.load(row, 80));
      c6 = f32x4.add(c6, v128.load(row, 96));
      c7 = f32x4.add(c7, v128.load(row, 112));
    }
    const o = out + at;
    v128.store(o, c0);
    v128.store(o, c1, 16);
    v128.store(o, c2, 32);
    v128.store(o, c3, 48);
    v128.store(o, c4, 64);
    v128.store(o, c5, 80);
    v128.store(o, c6, 96);
    v128.store(o, c7, 112);
  }
  for (; at + 16 <= bytes; at += 16) {
    let sum = zero;
    for (let t = first; t < last; t += 4) sum = f32x4.add(sum, v128.load(load<usize>(t) + at));
    v128.store(out + at, sum);
  }
  for (; at < bytes; at += 4) {
    let sum: f32 = 0;
    for (let t = first; t < last; t += 4) sum += load<f32>(load<usize>(t) + at);
    store<f32>(out + at, sum);
  }
  if (bias || act) finish(out, bytes, bias, act, alpha);
}

/** Output pixels, or some more, that are summed at once: long sums would lose digits. */
const BLOCK: i32 = 2048;

/**
 * Filter gradient: dW[tap][label][n] = sum of dy over the pixels whose tap reads the label.
 * Chunk = (tap, group of columns).
 */
export function labelFilterGradChunk(p: LabelFilterGrad, chunk: i32, scratch: usize): void {
  const classes = <u32>p.inChannels;
  const n = p.outChannels;
  const oh = p.outHeight;
  const ow = p.outWidth;
  const ih = p.inHeight;
  const iw = p.inWidth;
  const kw = p.filterWidth;
  const sx = p.strideX;
  const groups = (n + LABEL_COLUMNS - 1) / LABEL_COLUMNS;
  const tap = chunk / groups;
  const column = chunk % groups * LABEL_COLUMNS;
  const bytes = <usize>min(LABEL_COLUMNS, n - column) * 4;
  const row = <usize>n * 4;
  const top = p.top - tap / kw * p.dilationY;
  const left = p.left - tap % kw * p.dilationX;
  const to = p.dFilter + <usize>(tap * <i32>classes) * row + <usize>column * 4;
  const size = <usize>classes * bytes;
  const rows = p.batch * oh;
  const per = (BLOCK + ow - 1) / ow;
  for (let first = 0; first < rows; first += per) {
    memory.fill(scratch, 0, size);
    for (let r = first; r < min(rows, first + per); r++) {
      const y = r % oh * p.strideY - top;
      if (<u32>y >= <u32>ih) continue;
      const line = p.labels + <usize>((r / oh * ih + y) * iw) * 4;
      let dy = p.dy + <usize>r * <usize>ow * row + <usize>column * 4;
      let x = -left;
      for (let ox = 0; ox < ow; ox++) {
        if (<u32>x < <u32>iw) {
          const label = load<u32>(line + <usize>x * 4);
          if (label < classes) addTo(scratch + <usize>label * bytes, dy, bytes);
        }
        dy += row;
        x += sx;
      }
    }
    flush(scratch, to, bytes, row, classes, first == 0);
  }
}

/** Adds a block's sums to the gradient, or begins it with them. */
function flush(from: usize, to: usize, bytes: usize, row: usize, classes: u32, fresh: bool): void {
  for (let label: u32 = 0; label < classes; label++) {
    if (fresh) memory.copy(to, from, bytes);
    else addTo(to, from, bytes);
    from += bytes;
    to += row;
  }
}

function addTo(to: usize, from: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
  }
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(to + i) + load<f32>(from + i));
}

/** Partial losses and the gradient of some rows of logits. */
export function softmaxCrossEntropyChunk(p: SoftmaxCrossEntropy, chunk: i32, scratch: usize): void {
  const c = p.classes;
  const per = p.rowsPerChunk;
  const inverse = f32x4.splat(p.inverseTemperature);
  const scale = f32x4.splat(p.gradientScale);
  const first = chunk * per;
  const last = min(p.rows, first + per);
  const row = <usize>c * 4;
  const padded = (row + 15) & ~15;
  const direct = (c & 3) == 0;
  let loss: f64 = 0;
  // A row that is no whole number of vectors is worked on in a copy, padded with -infinity.
  for (let i: usize = 0; i < padded; i += 16) v128.store(scratch + i, f32x4.splat(-Infinity));
  for (let r = first; r < last; r++) {
    const to = p.dlogits + <usize>r * row;
    const label = load<i32>(p.labels + <usize>r * 4);
    if (<u32>label >= <u32>c) {
      memory.fill(to, 0, row);
      continue;
    }
    const from = p.logits + <usize>r * row;
    let z = from;
    let out = to;
    if (!direct) {
      for (let i: usize = 0; i < row; i += 4) store<f32>(scratch + i, load<f32>(from + i));
      z = scratch;
      out = scratch + padded;
    }
    let top = f32x4.splat(-Infinity);
    for (let i: usize = 0; i < padded; i += 16) top = f32x4.max(top, v128.load(z + i));
    top = maxLanes(top);
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < padded; i += 16) {
      const e = exp4(f32x4.mul(f32x4.sub(v128.load(z + i), top), inverse));
      v128.store(out + i, e);
      sum = f32x4.add(sum, e);
    }
    sum = sumLanes(sum);
    const mine = (load<f32>(from + <usize>label * 4) - f32x4.extract_lane(top, 0)) *
      p.inverseTemperature;
    loss += log64(<f64>f32x4.extract_lane(sum, 0)) - <f64>mine;
    const factor = f32x4.div(scale, sum);
    for (let i: usize = 0; i < padded; i += 16) {
      v128.store(out + i, f32x4.mul(v128.load(out + i), factor));
    }
    const at = <usize>label * 4;
    store<f32>(out + at, load<f32>(out + at) - p.gradientScale);
    if (!direct) {
      for (let i: usize = 0; i < row; i += 4) store<f32>(to + i, load<f32>(out + i));
    }
  }
  store<f64>(p.losses + <usize>chunk * 8, loss);
}

/** One value: scale * (sum of the f64 partial losses, in order). */
export function sumLossesChunk(p: SumLosses): void {
  const from = p.losses;
  let sum: f64 = 0;
  for (let i = 0; i < p.count; i++) sum += load<f64>(from + <usize>i * 8);
  store<f32>(p.out, <f32>(sum * <f64>p.scale));
}
