/**
 * Resizing of whole images for validation: half-pixel centres, no antialiasing, as TensorFlow 2's
 * `tf.image.resize` and PyTorch's `interpolate(align_corners=False)`.
 *
 * @module
 */
import type { Size } from "../../util/schema.ts";
import type { LabelMap, RgbImage } from "../dataset.ts";

/** Values of any number of channels, row-major, interleaved. */
export interface Planes {
  width: number;
  height: number;
  channels: number;
  /** `[height * width * channels]` */
  data: Uint8Array | Float32Array;
}

/**
 * Resizes an image bilinearly.
 *
 * @returns RGB pixels `[height * width * 3]` on 0..255, not rounded.
 * @example
 * ```ts
 * import { resizeImage } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const image = { width: 2, height: 1, data: new Uint8Array([0, 0, 0, 80, 80, 80]) };
 * const wide = resizeImage(image, [1, 4]);
 * assert.deepEqual([0, 3, 6, 9].map((i) => wide[i]), [0, 20, 60, 80]);
 * ```
 */
export function resizeImage(image: RgbImage, size: Size): Float32Array {
  return resizePlanes({ ...image, channels: 3 }, size);
}

/**
 * Resizes maps of any number of channels bilinearly.
 *
 * @returns Values `[height * width * channels]`.
 */
export function resizePlanes(planes: Planes, [height, width]: Size): Float32Array {
  const { channels } = planes;
  const out = new Float32Array(height * width * channels);
  const across = bilinearTaps(planes.width, width);
  const down = bilinearTaps(planes.height, height);
  // Rows of the source stretched to the new width; two at a time are enough.
  const row = (): StretchedRow => ({ source: -1, data: new Float64Array(width * channels) });
  let rows: [StretchedRow, StretchedRow] = [row(), row()];
  for (let y = 0; y < height; y++) {
    const [above, below] = [down.first[y]!, down.second[y]!];
    if (rows[1].source === above) rows = [rows[1], rows[0]];
    if (rows[0].source !== above) stretch(planes, across, { row: rows[0], source: above });
    if (rows[1].source !== below) stretch(planes, across, { row: rows[1], source: below });
    const [upper, lower] = [rows[0].data, rows[1].data];
    const weight = down.weight[y]!;
    for (let i = 0, at = y * width * channels; i < upper.length; i++) {
      out[at++] = upper[i]! + (lower[i]! - upper[i]!) * weight;
    }
  }
  return out;
}

/**
 * Resizes a label map by the nearest pixel.
 *
 * @example
 * ```ts
 * import { resizeLabel } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const label = { width: 2, height: 1, data: new Uint8Array([7, 9]) };
 * assert.deepEqual([...resizeLabel(label, [1, 4]).data], [7, 7, 9, 9]);
 * ```
 */
export function resizeLabel(label: LabelMap, [height, width]: Size): LabelMap {
  const data = new Uint8Array(height * width);
  const columns = nearestTaps(label.width, width);
  const rows = nearestTaps(label.height, height);
  for (let y = 0, at = 0; y < height; y++) {
    const row = rows[y]! * label.width;
    for (let x = 0; x < width; x++) data[at++] = label.data[row + columns[x]!]!;
  }
  return { width, height, data };
}

function nearestTaps(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to }, (_, i) => Math.floor((2 * i + 1) * from / (2 * to)));
}

interface Taps {
  first: Int32Array;
  second: Int32Array;
  /** Share of `second`. */
  weight: Float64Array;
}

function bilinearTaps(from: number, to: number): Taps {
  const taps = {
    first: new Int32Array(to),
    second: new Int32Array(to),
    weight: new Float64Array(to),
  };
  for (let i = 0; i < to; i++) {
    const position = Math.max(0, (i + 0.5) * from / to - 0.5);
    const first = Math.min(Math.floor(position), from - 1);
    taps.first[i] = first;
    taps.second[i] = Math.min(first + 1, from - 1);
    taps.weight[i] = position - first;
  }
  return taps;
}

interface StretchedRow {
  /** Row of the source that it holds, −1 at first. */
  source: number;
  data: Float64Array;
}

function stretch(
  { width, channels, data }: Planes,
  across: Taps,
  { row, source }: { row: StretchedRow; source: number },
): void {
  row.source = source;
  const start = source * width;
  for (let x = 0, at = 0; x < across.first.length; x++) {
    const left = (start + across.first[x]!) * channels;
    const right = (start + across.second[x]!) * channels;
    const weight = across.weight[x]!;
    for (let channel = 0; channel < channels; channel++) {
      const value = data[left + channel]!;
      row.data[at++] = value + (data[right + channel]! - value) * weight;
    }
  }
}
