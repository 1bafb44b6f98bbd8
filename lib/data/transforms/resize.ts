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
 * @returns Pixels `[height * width * channels]` on 0..255, not rounded.
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
  return resizePlanes({ ...image, channels: image.channels ?? 3 }, size);
}

/**
 * Resizes maps of any number of channels bilinearly.
 *
 * @returns Values `[height * width * channels]`.
 */
export function resizePlanes(planes: Planes, [height, width]: Size): Float32Array {
  const { channels, data } = planes;
  const out = new Float32Array(height * width * channels);
  const rowLength = planes.width * channels;
  const rows = new LineResizer({
    from: [planes.height, planes.width],
    to: [height, width],
    channels,
  });
  for (let y = 0; y < height; y++) {
    for (const source of rows.missing(y)) {
      rows.add(source, data.subarray(source * rowLength, (source + 1) * rowLength));
    }
    rows.write(y, out.subarray(y * width * channels, (y + 1) * width * channels));
  }
  return out;
}

/** Sizes of the maps that a {@linkcode LineResizer} takes and gives: lines, and pixels in a line. */
export interface LineResizerOptions {
  from: Size;
  to: Size;
  channels: number;
}

/**
 * Resizes bilinearly line by line (rows, or columns), and keeps no more than the two lines between
 * which the next one lies.
 */
export class LineResizer {
  readonly #along: Taps;
  readonly #across: Taps;
  readonly #channels: number;
  readonly #lines: [StretchedLine, StretchedLine];

  constructor({ from, to, channels }: LineResizerOptions) {
    this.#along = bilinearTaps(from[0], to[0]);
    this.#across = bilinearTaps(from[1], to[1]);
    this.#channels = channels;
    const line = () => ({ source: -1, data: new Float64Array(to[1] * channels) });
    this.#lines = [line(), line()];
  }

  /** Lines of the source that a line of the result lies between, without those that are kept. */
  missing(line: number): number[] {
    const [first, second] = [this.#along.first[line]!, this.#along.second[line]!];
    for (const kept of this.#lines) {
      if (kept.source !== first && kept.source !== second) kept.source = -1;
    }
    const wanted = first === second ? [first] : [first, second];
    return wanted.filter((source) => this.#lines.every((kept) => kept.source !== source));
  }

  /** Takes a line of the source that {@linkcode missing} named, `[length * channels]`. */
  add(source: number, values: Uint8Array | Float32Array): void {
    const line = this.#lines.find((kept) => kept.source === -1)!;
    line.source = source;
    stretch(values, { taps: this.#across, channels: this.#channels, into: line.data });
  }

  /** Writes a line of the result once none of its source is missing. */
  write(line: number, out: Float32Array): void {
    const at = (source: number): Float64Array =>
      this.#lines.find((kept) => kept.source === source)!.data;
    const [upper, lower] = [at(this.#along.first[line]!), at(this.#along.second[line]!)];
    const weight = this.#along.weight[line]!;
    for (let i = 0; i < out.length; i++) out[i] = upper[i]! + (lower[i]! - upper[i]!) * weight;
  }
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

interface StretchedLine {
  /** Line of the source that it holds, −1 where none. */
  source: number;
  data: Float64Array;
}

function stretch(
  values: Uint8Array | Float32Array,
  { taps, channels, into }: { taps: Taps; channels: number; into: Float64Array },
): void {
  for (let x = 0, at = 0; x < taps.first.length; x++) {
    const left = taps.first[x]! * channels;
    const right = taps.second[x]! * channels;
    const weight = taps.weight[x]!;
    for (let channel = 0; channel < channels; channel++) {
      const value = values[left + channel]!;
      into[at++] = value + (values[right + channel]! - value) * weight;
    }
  }
}
