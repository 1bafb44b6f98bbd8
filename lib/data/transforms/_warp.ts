/** The inner loops of augmentation: an integer copy and an affine warp. */
import type { LabelMap, RgbImage } from "../dataset.ts";

/** What is warped. */
export interface WarpSource {
  image: RgbImage;
  label: LabelMap;
}

/** Where the pixels go, and what they are outside the source. */
export interface WarpTarget {
  width: number;
  height: number;
  /** `[height * width * channels]`. */
  image: Uint8Array;
  label: Uint8Array;
  /** Pixels outside the source, whole levels, one a channel. */
  fill: readonly number[];
  ignoreLabel: number;
}

/** A crop without zoom or rotation: source column = left + X, mirrored in the source if `flip`. */
export interface Shift {
  target: WarpTarget;
  left: number;
  top: number;
  flip: boolean;
}

/** Source position (x, y) = (xx·X + xy·Y + x0, yx·X + yy·Y + y0), in pixel indices. */
export interface Affine {
  target: WarpTarget;
  xx: number;
  xy: number;
  x0: number;
  yx: number;
  yy: number;
  y0: number;
}

/** Copies whole pixels. */
export function copyShifted({ image, label: labels }: WarpSource, shift: Shift): void {
  const { target, left, top, flip } = shift;
  const { width, height } = image;
  const channels = target.fill.length;
  const first = Math.max(0, -left);
  const last = Math.min(target.width, width - left);
  for (let row = 0; row < target.height; row++) {
    const y = row + top;
    if (y < 0 || y >= height || first >= last) {
      fillSpan(target, row, [0, target.width]);
      continue;
    }
    fillSpan(target, row, [0, first]);
    fillSpan(target, row, [last, target.width]);
    const to = row * target.width + first;
    const from = y * width + (flip ? width - 1 - left - first : left + first);
    if (flip) {
      for (let i = 0; i < last - first; i++) {
        const source = (from - i) * channels;
        const at = (to + i) * channels;
        for (let c = 0; c < channels; c++) target.image[at + c] = image.data[source + c]!;
        target.label[to + i] = labels.data[from - i]!;
      }
    } else {
      const count = last - first;
      const pixels = image.data.subarray(from * channels, (from + count) * channels);
      target.image.set(pixels, to * channels);
      target.label.set(labels.data.subarray(from, from + count), to);
    }
  }
}

/**
 * Warps the image bilinearly, to the nearest level, and the labels by the nearest pixel; edge pixels
 * reach half out.
 */
export function warp(source: WarpSource, affine: Affine): void {
  const { target } = affine;
  for (let row = 0; row < target.height; row++) {
    const [first, last] = spanWithin(source, affine, { row, margin: 0.5 });
    // Pixels between four others, which are most of them, need no check of the edges.
    const inside = target.fill.length === 3
      ? spanWithin(source, affine, { row, margin: 0 })
      : [first, first] as const; // written out for RGB alone
    const from = Math.max(first, inside[0]);
    const to = Math.max(from, Math.min(last, inside[1]));
    fillSpan(target, row, [0, first]);
    warpEdge(source, affine, { row, first, last: Math.min(from, last) });
    warpInside(source, affine, { row, first: from, last: to });
    warpEdge(source, affine, { row, first: Math.max(first, to), last });
    fillSpan(target, row, [last, target.width]);
  }
}

/** Columns [first, last) of a row of the target. */
interface Span {
  row: number;
  first: number;
  last: number;
}

/** Any pixels of which the nearest source pixel exists. */
function warpEdge({ image, label: labels }: WarpSource, affine: Affine, span: Span): void {
  const { target, xx, yx } = affine;
  const { width, height, data } = image;
  const channels = target.fill.length;
  const [startX, startY] = rowStart(affine, span.row);
  for (let column = span.first; column < span.last; column++) {
    const x = xx * column + startX;
    const y = yx * column + startY;
    const to = span.row * target.width + column;
    target.label[to] = labels.data[Math.floor(y + 0.5) * width + Math.floor(x + 0.5)]!;
    const left = Math.floor(x);
    const above = Math.floor(y);
    const fx = x - left;
    const fy = y - above;
    const l = left < 0 ? 0 : left * channels;
    const r = left + 1 < width ? (left + 1) * channels : left * channels;
    const a = above < 0 ? 0 : above * width * channels;
    const b = above + 1 < height ? (above + 1) * width * channels : a;
    for (let channel = 0; channel < channels; channel++) {
      const al = data[a + l + channel]!;
      const bl = data[b + l + channel]!;
      const upper = al + (data[a + r + channel]! - al) * fx;
      const lower = bl + (data[b + r + channel]! - bl) * fx;
      target.image[to * channels + channel] = upper + (lower - upper) * fy + 0.5; // a byte has no fraction
    }
  }
}

/** The same for pixels between four others: no edges, so written out for speed. */
function warpInside({ image, label: labels }: WarpSource, affine: Affine, span: Span): void {
  const { target, xx, yx } = affine;
  const { width, data } = image;
  const { first, last } = span;
  const [labelData, out, outLabel] = [labels.data, target.image, target.label];
  const [startX, startY] = rowStart(affine, span.row);
  const stride = width * 3;
  let to = span.row * target.width + first;
  let at = to * 3;
  for (let column = first; column < last; column++, at += 3) {
    const x = xx * column + startX;
    const y = yx * column + startY;
    outLabel[to++] = labelData[((y + 0.5) | 0) * width + ((x + 0.5) | 0)]!;
    const left = x | 0;
    const above = y | 0;
    const fx = x - left;
    const fy = y - above;
    const a = (above * width + left) * 3;
    const b = a + stride;
    const a0 = data[a]!;
    const a1 = data[a + 1]!;
    const a2 = data[a + 2]!;
    const b0 = data[b]!;
    const b1 = data[b + 1]!;
    const b2 = data[b + 2]!;
    const u0 = a0 + (data[a + 3]! - a0) * fx;
    const u1 = a1 + (data[a + 4]! - a1) * fx;
    const u2 = a2 + (data[a + 5]! - a2) * fx;
    const l0 = b0 + (data[b + 3]! - b0) * fx;
    const l1 = b1 + (data[b + 4]! - b1) * fx;
    const l2 = b2 + (data[b + 5]! - b2) * fx;
    out[at] = (u0 + (l0 - u0) * fy + 0.5) | 0;
    out[at + 1] = (u1 + (l1 - u1) * fy + 0.5) | 0;
    out[at + 2] = (u2 + (l2 - u2) * fy + 0.5) | 0;
  }
}

/** Source position of a row's first pixel. */
function rowStart({ xy, x0, yy, y0 }: Affine, row: number): [number, number] {
  return [xy * row + x0, yy * row + y0];
}

/** The columns of a row that lie in the source, enlarged by `margin` beyond its pixels' centres. */
function spanWithin(
  { image: { width, height } }: WarpSource,
  affine: Affine,
  { row, margin }: { row: number; margin: number },
): [number, number] {
  const { target, xx, yx } = affine;
  const [startX, startY] = rowStart(affine, row);
  const [right, bottom] = [width - 1 + 2 * margin, height - 1 + 2 * margin];
  const isWithin = (column: number): boolean => {
    const x = xx * column + startX + margin;
    const y = yx * column + startY + margin;
    return x >= 0 && x < right && y >= 0 && y < bottom;
  };
  let first = 0;
  let last = target.width;
  for (const [slope, start, end] of [[xx, startX, right], [yx, startY, bottom]]) {
    if (slope === 0) continue;
    const ends = [(-margin - start!) / slope!, (end! - margin - start!) / slope!];
    first = Math.max(first, Math.floor(Math.min(...ends)) - 1);
    last = Math.min(last, Math.ceil(Math.max(...ends)) + 1);
  }
  // The estimate is at most two columns too wide; rounding decides here as in the loop.
  while (first < last && !isWithin(first)) first++;
  while (first < last && !isWithin(last - 1)) last--;
  return first < last ? [first, last] : [0, 0];
}

/** Fills columns [from, to) of a row: there is no source pixel. */
function fillSpan(target: WarpTarget, row: number, [from, to]: [number, number]): void {
  const start = row * target.width;
  target.label.fill(target.ignoreLabel, start + from, start + to);
  const { fill } = target;
  const channels = fill.length;
  if (channels !== 3) {
    for (let at = start + from; at < start + to; at++) target.image.set(fill, at * channels);
    return;
  }
  const [red, green, blue] = fill as readonly [number, number, number];
  for (let at = (start + from) * 3; at < (start + to) * 3; at += 3) {
    target.image[at] = red;
    target.image[at + 1] = green;
    target.image[at + 2] = blue;
  }
}
