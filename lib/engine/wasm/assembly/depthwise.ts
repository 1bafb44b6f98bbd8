// Depthwise convolution and its gradients. Every sum runs in one order, whatever the threads.
import { activate } from "./elementwise";
import { Depthwise, DepthwiseFilterGrad } from "./jobs";

/**
 * Lists the taps of one pixel in `list`: address of the pixel that is read, address in the filter.
 * Returns their number, negative if a column beside the map was left out.
 */
function listTaps(p: Depthwise, from: usize, at: i32, list: usize): i32 {
  const backward = p.backward;
  const height = backward ? p.outHeight : p.inHeight;
  const width = backward ? p.outWidth : p.inWidth;
  const pixels = backward ? p.inWidth : p.outWidth;
  const y = at / pixels;
  const x = at % pixels;
  const c = p.inChannels;
  const depth = c * p.multiplier;
  const pixel = <usize>(backward ? depth : c) * 4;
  const sy = p.strideY;
  const sx = p.strideX;
  let count = 0;
  let clipped = false;
  for (let i = 0; i < p.filterHeight; i++) {
    let row = i * p.dilationY;
    if (backward) {
      row = y + p.top - row;
      if (row < 0 || row % sy != 0) continue;
      row /= sy;
    } else row += y * sy - p.top;
    if (<u32>row >= <u32>height) continue;
    for (let j = 0; j < p.filterWidth; j++) {
      let column = j * p.dilationX;
      if (backward) {
        column = x + p.left - column;
        if ((column % sx + sx) % sx != 0) continue;
        // Rounds towards zero, and the rest is zero
        column /= sx;
      } else column += x * sx - p.left;
      if (<u32>column >= <u32>width) {
        clipped = true;
        continue;
      }
      store<usize>(list, from + <usize>(row * width + column) * pixel);
      store<usize>(list, p.filter + <usize>((i * p.filterWidth + j) * depth) * 4, 4);
      list += 8;
      count++;
    }
  }
  return clipped ? -1 - count : count;
}

/**
 * Depthwise convolution with bias and activation, or with `backward` its gradient at the input: both
 * add products of a filter tap and a pixel. Chunk = one row of the map that is written. The list of
 * a pixel's taps serves its neighbour too, moved by a column, where no tap lies beside the map.
 */
export function depthwiseChunk(p: Depthwise, chunk: i32, scratch: usize): void {
  const backward = p.backward;
  const c = p.inChannels;
  const q = p.multiplier;
  const toHeight = backward ? p.inHeight : p.outHeight;
  const toWidth = backward ? p.inWidth : p.outWidth;
  const fromPixel = <usize>(backward ? c * q : c) * 4;
  const toPixel = <usize>(backward ? c : c * q) * 4;
  const fromPixels = backward ? p.outHeight * p.outWidth : p.inHeight * p.inWidth;
  const from = p.from + <usize>(chunk / toHeight * fromPixels) * fromPixel;
  const to = p.to + <usize>(chunk * toWidth) * toPixel;
  const first = (chunk % toHeight) * toWidth;
  // Backward with a stride, neighbours have other taps: every strideX-th pixel has the same ones
  const phases = backward ? p.strideX : 1;
  const move = <usize>(backward ? 1 : p.strideX) * fromPixel;
  const width = backward ? p.outWidth : p.inWidth;
  for (let phase = 0; phase < phases; phase++) {
    let count = -1;
    let shift: usize = 0;
    let last = 0;
    for (let x = phase; x < toWidth; x += phases) {
      last += backward ? 1 : p.strideX;
      shift += move;
      if (count < 0 || last >= width) {
        count = listTaps(p, from, first + x, scratch);
        shift = 0;
        last = lastColumn(p, x);
      }
      const taps = count < 0 ? -1 - count : count;
      const out = to + <usize>x * toPixel;
      if (q == 1) gather(p, out, shift, scratch, taps);
      else if (backward) gatherGroups(p, out, shift, scratch, taps);
      else spreadGroups(p, out, shift, scratch, taps);
    }
  }
}

/** The last column that a pixel's taps read. */
function lastColumn(p: Depthwise, x: i32): i32 {
  return p.backward ? (x + p.left) / p.strideX
    : x * p.strideX - p.left + (p.filterWidth - 1) * p.dilationX;
}

/** One pixel where each channel has one kernel. */
function gather(p: Depthwise, out: usize, shift: usize, list: usize, taps: i32): void {
  const c = p.inChannels;
  const bias = p.bias;
  const act = p.activation;
  const alpha = p.alpha;
  const end = list + (<usize>taps << 3);
  const zero = f32x4.splat(0);
  let ch = 0;
  for (; ch + 16 <= c; ch += 16) {
    const at = <usize>ch * 4;
    const more = shift + at;
    let a = zero, b = zero, d = zero, e = zero;
    for (let t = list; t < end; t += 8) {
      const x = load<usize>(t) + more;
      const w = load<usize>(t, 4) + at;
      a = f32x4.add(a, f32x4.mul(v128.load(x), v128.load(w)));
      b = f32x4.add(b, f32x4.mul(v128.load(x, 16), v128.load(w, 16)));
      d = f32x4.add(d, f32x4.mul(v128.load(x, 32), v128.load(w, 32)));
      e = f32x4.add(e, f32x4.mul(v128.load(x, 48), v128.load(w, 48)));
    }
    if (bias) {
      a = f32x4.add(a, v128.load(bias + at));
      b = f32x4.add(b, v128.load(bias + at, 16));
      d = f32x4.add(d, v128.load(bias + at, 32));
      e = f32x4.add(e, v128.load(bias + at, 48));
    }
    v128.store(out + at, activate(a, act, alpha));
    v128.store(out + at, activate(b, act, alpha), 16);
    v128.store(out + at, activate(d, act, alpha), 32);
    v128.store(out + at, activate(e, act, alpha), 48);
  }
  for (; ch + 4 <= c; ch += 4) {
    const at = <usize>ch * 4;
    let a = zero;
    for (let t = list; t < end; t += 8) {
      const x = v128.load(load<usize>(t) + shift + at);
      a = f32x4.add(a, f32x4.mul(x, v128.load(load<usize>(t, 4) + at)));
    }
    if (bias) a = f32x4.add(a, v128.load(bias + at));
    v128.store(out + at, activate(a, act, alpha));
  }
  for (; ch < c; ch++) {
    const at = <usize>ch * 4;
    let a = zero;
    for (let t = list; t < end; t += 8) {
      const x = v128.load32_zero(load<usize>(t) + shift + at);
      a = f32x4.add(a, f32x4.mul(x, v128.load32_zero(load<usize>(t, 4) + at)));
    }
    if (bias) a = f32x4.add(a, v128.load32_zero(bias + at));
    v128.store32_lane(out + at, activate(a, act, alpha), 0);
  }
}

/** One pixel where each channel has several kernels. */
function spreadGroups(p: Depthwise, out: usize, shift: usize, list: usize, taps: i32): void {
  const q = p.multiplier;
  const bias = p.bias;
  for (let ch = 0; ch < p.inChannels; ch++) {
    for (let k = 0; k < q; k++) {
      const at = <usize>(ch * q + k) * 4;
      let sum = f32x4.splat(0);
      for (let t = 0; t < taps; t++) {
        const pair = list + (<usize>t << 3);
        const x = v128.load32_zero(load<usize>(pair) + shift + <usize>ch * 4);
        sum = f32x4.add(sum, f32x4.mul(x, v128.load32_zero(load<usize>(pair, 4) + at)));
      }
      if (bias) sum = f32x4.add(sum, v128.load32_zero(bias + at));
      v128.store32_lane(out + at, activate(sum, p.activation, p.alpha), 0);
    }
  }
}

/** One pixel of the input's gradient where each channel has several kernels. */
function gatherGroups(p: Depthwise, out: usize, shift: usize, list: usize, taps: i32): void {
  const q = p.multiplier;
  for (let ch = 0; ch < p.inChannels; ch++) {
    let sum: f32 = 0;
    for (let t = 0; t < taps; t++) {
      const pair = list + (<usize>t << 3);
      const dy = load<usize>(pair) + shift;
      const w = load<usize>(pair, 4);
      for (let k = 0; k < q; k++) {
        const at = <usize>(ch * q + k) * 4;
        sum += load<f32>(dy + at) * load<f32>(w + at);
      }
    }
    store<f32>(out + <usize>ch * 4, sum);
  }
}

/** Filter gradient of some rows of dy, to slices[chunk]; each row's sums are added up in their order. */
export function depthwiseFilterGradChunk(p: DepthwiseFilterGrad, chunk: i32): void {
  const c = p.inChannels;
  const q = p.multiplier;
  const depth = c * q;
  const fw = p.filterWidth;
  const size = <usize>(p.filterHeight * fw * depth) * 4;
  const to = p.slices + <usize>chunk * size;
  memory.fill(to, 0, size);
  const end = min(p.batch * p.outHeight, (chunk + 1) * p.rowsPerSlice);
  for (let line = chunk * p.rowsPerSlice; line < end; line++) {
    const b = line / p.outHeight;
    const dy = p.dy + <usize>(line * p.outWidth * depth) * 4;
    const y = (line % p.outHeight) * p.strideY - p.top;
    // 16 channels of a row at a time stay in the cache for all taps
    for (let ch = 0; ch < c; ch += 16) {
      for (let i = 0; i < p.filterHeight; i++) {
        const iy = y + i * p.dilationY;
        if (<u32>iy >= <u32>p.inHeight) continue;
        const x = p.x + <usize>((b * p.inHeight + iy) * p.inWidth * c) * 4;
        for (let j = 0; j < fw; j++) {
          tapGrad(p, x, dy, to + <usize>((i * fw + j) * depth) * 4, j, ch);
        }
      }
    }
  }
}

/** Adds one row's gradient of one tap, for up to 16 channels. */
function tapGrad(
  p: DepthwiseFilterGrad, x: usize, dy: usize, to: usize, tap: i32, from: i32,
): void {
  const c = p.inChannels;
  const q = p.multiplier;
  const sx = p.strideX;
  const column = tap * p.dilationX - p.left;
  const first = column < 0 ? (sx - 1 - column) / sx : 0;
  const beyond = p.inWidth - 1 - column;
  const end = beyond < 0 ? 0 : min(p.outWidth, beyond / sx + 1);
  if (first >= end) return;
  const last = min(c, from + 16);
  const start = x + <usize>((first * sx + column) * c) * 4;
  const xStep = <usize>(sx * c) * 4;
  const dyStep = <usize>(c * q) * 4;
  const grads = dy + <usize>first * dyStep;
  const count = end - first;
  let ch = from;
  if (q == 1) {
    if (ch + 16 <= c) {
      const at = <usize>ch * 4;
      let xs = start + at;
      let g = grads + at;
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
      for (let ox = 0; ox < count; ox++) {
        s0 = f32x4.add(s0, f32x4.mul(v128.load(xs), v128.load(g)));
        s1 = f32x4.add(s1, f32x4.mul(v128.load(xs, 16), v128.load(g, 16)));
        s2 = f32x4.add(s2, f32x4.mul(v128.load(xs, 32), v128.load(g, 32)));
        s3 = f32x4.add(s3, f32x4.mul(v128.load(xs, 48), v128.load(g, 48)));
        xs += xStep;
        g += dyStep;
      }
      const o = to + at;
      v128.store(o, f32x4.add(v128.load(o), s0));
      v128.store(o, f32x4.add(v128.load(o, 16), s1), 16);
      v128.store(o, f32x4.add(v128.load(o, 32), s2), 32);
      v128.store(o, f32x4.add(v128.load(o, 48), s3), 48);
      return;
    }
    for (; ch + 4 <= last; ch += 4) {
      const at = <usize>ch * 4;
      let xs = start + at;
      let g = grads + at;
      let sum = f32x4.splat(0);
      for (let ox = 0; ox < count; ox++) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(xs), v128.load(g)));
        xs += xStep;
        g += dyStep;
      }
      const o = to + at;
      v128.store(o, f32x4.add(v128.load(o), sum));
    }
  }
  for (; ch < last; ch++) {
    for (let k = 0; k < q; k++) {
      const at = <usize>(ch * q + k) * 4;
      let xs = start + <usize>ch * 4;
      let g = grads + at;
      let sum: f32 = 0;
      for (let ox = 0; ox < count; ox++) {
        sum += load<f32>(xs) * load<f32>(g);
        xs += xStep;
        g += dyStep;
      }
      store<f32>(to + at, load<f32>(to + at) + sum);
    }
  }
}
