// Class labels as maps, and convolutions of such maps: a pixel is 1 in one channel at most, so that a
// tap adds a row of the filter instead of multiplying a matrix by zeros.
import { finish } from "./activate";

/** Labels to one-hot rows. Words: labels, to, count, classes, labels per chunk. */
export function oneHotChunk(p: usize, chunk: i32): void {
  const classes = load<u32>(p, 12);
  const per = load<i32>(p, 16);
  const first = chunk * per;
  const last = min(load<i32>(p, 8), first + per);
  const row = <usize>classes * 4;
  let to = load<usize>(p, 4) + <usize>first * row;
  memory.fill(to, 0, <usize>(last - first) * row);
  for (let i = first; i < last; i++) {
    const label = load<u32>(load<usize>(p) + <usize>i * 4);
    if (label < classes) store<f32>(to + <usize>label * 4, 1);
    to += row;
  }
}

const LABELS: usize = 0; // [batch, ih, iw]
const FILTER: usize = 4; // [kh, kw, classes, n]
const OUT: usize = 8; // [batch, oh, ow, n]; for the gradient dy
const IH: usize = 12;
const IW: usize = 16;
const CLASSES: usize = 20;
const N: usize = 24;
const OH: usize = 28;
const OW: usize = 32;
const SY: usize = 36;
const SX: usize = 40;
const TOP: usize = 44;
const LEFT: usize = 48;
const KH: usize = 52;
const KW: usize = 56;
const DILATION_Y: usize = 60;
const DILATION_X: usize = 64;
const BATCH: usize = 68;
const BIAS: usize = 72;
const ACT: usize = 76; // activation; for the gradient the address of dW
const ALPHA: usize = 80;

/** Forward convolution with bias and activation. Chunk = one row of one output map. */
export function labelConvChunk(p: usize, chunk: i32, scratch: usize): void {
  const classes = load<u32>(p, CLASSES);
  const n = load<i32>(p, N);
  const oh = load<i32>(p, OH);
  const ow = load<i32>(p, OW);
  const ih = load<i32>(p, IH);
  const iw = load<i32>(p, IW);
  const kh = load<i32>(p, KH);
  const kw = load<i32>(p, KW);
  const sx = load<i32>(p, SX);
  const stepY = load<i32>(p, DILATION_Y);
  const stepX = load<i32>(p, DILATION_X);
  const row = <usize>n * 4;
  const matrix = <usize>classes * row;
  const y0 = chunk % oh * load<i32>(p, SY) - load<i32>(p, TOP);
  const map = load<usize>(p, LABELS) + <usize>(chunk / oh * ih) * <usize>iw * 4;
  let out = load<usize>(p, OUT) + <usize>chunk * <usize>ow * row;
  let x0 = -load<i32>(p, LEFT);
  for (let ox = 0; ox < ow; ox++) {
    let live = scratch;
    let taps = load<usize>(p, FILTER);
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

/** out = activation(sum of the rows that the pointers from `first` to `last` lead to + bias). */
function addRows(p: usize, first: usize, last: usize, n: i32, out: usize): void {
  const bias = load<usize>(p, BIAS);
  const act = load<i32>(p, ACT);
  const alpha = load<f32>(p, ALPHA);
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

/** Columns of the filter gradient per chunk. */
const COLUMNS: i32 = 32;
/** Output pixels, or some more, whose sum is taken at once: so long sums keep their digits. */
const BLOCK: i32 = 2048;

/**
 * Filter gradient: dW[tap][label][n] = sum of dy over the pixels that meet the label at the tap. Chunk = (tap, group of columns).
 */
export function labelFilterChunk(p: usize, chunk: i32, scratch: usize): void {
  const classes = load<u32>(p, CLASSES);
  const n = load<i32>(p, N);
  const oh = load<i32>(p, OH);
  const ow = load<i32>(p, OW);
  const ih = load<i32>(p, IH);
  const iw = load<i32>(p, IW);
  const kw = load<i32>(p, KW);
  const sx = load<i32>(p, SX);
  const groups = (n + COLUMNS - 1) / COLUMNS;
  const tap = chunk / groups;
  const column = chunk % groups * COLUMNS;
  const bytes = <usize>min(COLUMNS, n - column) * 4;
  const row = <usize>n * 4;
  const top = load<i32>(p, TOP) - tap / kw * load<i32>(p, DILATION_Y);
  const left = load<i32>(p, LEFT) - tap % kw * load<i32>(p, DILATION_X);
  const to = load<usize>(p, ACT) + <usize>(tap * <i32>classes) * row + <usize>column * 4;
  const size = <usize>classes * bytes;
  const rows = load<i32>(p, BATCH) * oh;
  const per = (BLOCK + ow - 1) / ow;
  for (let first = 0; first < rows; first += per) {
    memory.fill(scratch, 0, size);
    for (let r = first; r < min(rows, first + per); r++) {
      const y = r % oh * load<i32>(p, SY) - top;
      if (<u32>y >= <u32>ih) continue;
      const line = load<usize>(p, LABELS) + <usize>((r / oh * ih + y) * iw) * 4;
      let dy = load<usize>(p, OUT) + <usize>r * <usize>ow * row + <usize>column * 4;
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
