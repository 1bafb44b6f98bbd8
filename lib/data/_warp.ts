/** The inner loops of augmentation: an integer copy and an affine warp. */
import type { LabelMap, RgbImage } from "./dataset.ts";

/** What is warped. */
export interface WarpSource {
  image: RgbImage;
  label: LabelMap;
}

/** Where the pixels go, and what stands where there are none. */
export interface WarpTarget {
  width: number;
  height: number;
  /** RGB, `[height * width * 3]`. */
  image: Uint8Array;
  label: Uint8Array;
  /** Whole levels. */
  fill: readonly [number, number, number];
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
        const source = (from - i) * 3;
        const at = (to + i) * 3;
        target.image[at] = image.data[source]!;
        target.image[at + 1] = image.data[source + 1]!;
        target.image[at + 2] = image.data[source + 2]!;
        target.label[to + i] = labels.data[from - i]!;
      }
    } else {
      const count = last - first;
      target.image.set(image.data.subarray(from * 3, (from + count) * 3), to * 3);
      target.label.set(labels.data.subarray(from, from + count), to);
    }
  }
}

/**
 * Warps the image bilinearly, to the nearest level, and the labels by the nearest pixel; edge pixels
 * reach half out.
 */
export function warp({ image, label: labels }: WarpSource, affine: Affine): void {
  const { target, xx, xy, x0, yx, yy, y0 } = affine;
  const { width, height, data } = image;
  const out = target.image;
  for (let row = 0; row < target.height; row++) {
    const startX = xy * row + x0;
    const startY = yy * row + y0;
    const [first, last] = insideSpan(affine, { startX, startY, width, height });
    fillSpan(target, row, [0, first]);
    fillSpan(target, row, [last, target.width]);
    let label = row * target.width + first;
    let at = label * 3;
    for (let column = first; column < last; column++) {
      const x = xx * column + startX;
      const y = yx * column + startY;
      target.label[label++] = labels.data[Math.floor(y + 0.5) * width + Math.floor(x + 0.5)]!;
      const left = Math.floor(x);
      const above = Math.floor(y);
      const fx = x - left;
      const fy = y - above;
      const l = left < 0 ? 0 : left * 3;
      const r = left + 1 < width ? (left + 1) * 3 : left * 3;
      const a = above < 0 ? 0 : above * width * 3;
      const b = above + 1 < height ? (above + 1) * width * 3 : a;
      for (let channel = 0; channel < 3; channel++) {
        const al = data[a + l + channel]!;
        const bl = data[b + l + channel]!;
        const upper = al + (data[a + r + channel]! - al) * fx;
        const lower = bl + (data[b + r + channel]! - bl) * fx;
        out[at++] = upper + (lower - upper) * fy + 0.5; // storing a byte cuts the fraction off
      }
    }
  }
}

interface RowStart {
  startX: number;
  startY: number;
  width: number;
  height: number;
}

/** The columns of a row whose nearest source pixel exists: [first, last). */
function insideSpan({ target, xx, yx }: Affine, row: RowStart): [number, number] {
  const inside = (column: number): boolean => {
    const x = xx * column + row.startX + 0.5;
    const y = yx * column + row.startY + 0.5;
    return x >= 0 && x < row.width && y >= 0 && y < row.height;
  };
  let first = 0;
  let last = target.width;
  for (const [slope, start, size] of [[xx, row.startX, row.width], [yx, row.startY, row.height]]) {
    if (slope === 0) continue;
    const ends = [(-0.5 - start!) / slope!, (size! - 0.5 - start!) / slope!];
    first = Math.max(first, Math.floor(Math.min(...ends)) - 1);
    last = Math.min(last, Math.ceil(Math.max(...ends)) + 1);
  }
  // The estimate is at most two columns too wide; rounding decides here as in the loop.
  while (first < last && !inside(first)) first++;
  while (first < last && !inside(last - 1)) last--;
  return first < last ? [first, last] : [0, 0];
}

/** Paints columns [from, to) of a row with nothing. */
function fillSpan(target: WarpTarget, row: number, [from, to]: [number, number]): void {
  const start = row * target.width;
  target.label.fill(target.ignoreLabel, start + from, start + to);
  const [red, green, blue] = target.fill;
  for (let at = (start + from) * 3; at < (start + to) * 3; at += 3) {
    target.image[at] = red;
    target.image[at + 1] = green;
    target.image[at + 2] = blue;
  }
}
