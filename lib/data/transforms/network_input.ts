/**
 * From pixels to network input: normalisation, and images of any size fitted to the input size of a
 * network.
 *
 * @module
 */
import type { NormalizeConfig } from "../data_config.ts";
import type { Size } from "../../util/schema.ts";
import type { RgbImage } from "../dataset.ts";
import { resizeImage } from "./resize.ts";

/**
 * Writes `(pixel − mean) / std` for RGB `pixels` on 0..255 into `target`, channels in `order`.
 * `target` may be `pixels` itself.
 *
 * @throws {RangeError} If the lengths differ.
 * @example
 * ```ts
 * import { normalizeInto } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const target = new Float32Array(3);
 * normalizeInto(new Uint8Array([10, 20, 30]), target, {
 *   order: "bgr",
 *   mean: [0, 10, 0],
 *   std: [1, 1, 2],
 * });
 * assert.deepEqual([...target], [30, 10, 5]);
 * ```
 */
export function normalizeInto(
  pixels: Uint8Array | Float32Array,
  target: Float32Array,
  { order, mean, std }: NormalizeConfig,
): void {
  if (pixels.length !== target.length) {
    throw new RangeError(
      `Cannot normalize ${pixels.length} values into ${target.length}: lengths must be equal`,
    );
  }
  if (mean.length !== 3) return normalizeChannels(pixels, target, { mean, std });
  const [first, third] = order === "rgb" ? [0, 2] : [2, 0];
  const [m0, m1, m2] = mean as [number, number, number];
  const [s0, s1, s2] = std.map((value) => 1 / value) as [number, number, number];
  for (let i = 0; i < pixels.length; i += 3) {
    const a = pixels[i + first]!;
    const b = pixels[i + 1]!;
    const c = pixels[i + third]!;
    target[i] = (a - m0) * s0;
    target[i + 1] = (b - m1) * s1;
    target[i + 2] = (c - m2) * s2;
  }
}

/** The same for any number of channels, in the order of the file. */
function normalizeChannels(
  pixels: Uint8Array | Float32Array,
  target: Float32Array,
  { mean, std }: Pick<NormalizeConfig, "mean" | "std">,
): void {
  const channels = mean.length;
  for (let c = 0; c < channels; c++) {
    const [m, s] = [mean[c]!, 1 / std[c]!];
    for (let i = c; i < pixels.length; i += channels) target[i] = (pixels[i]! - m) * s;
  }
}

/** Normalised values of all levels, a lookup table for a device. */
export interface NormalizationTable {
  /** Value of level v in channel c of the network's input at `c * 256 + v`. */
  values: Float32Array;
  /** Whether the network takes the channels of an RGB image in reverse order. */
  reversed: boolean;
}

/**
 * The values of {@linkcode normalizeInto} for the 256 levels of each channel: bit-identical.
 *
 * @example
 * ```ts
 * import { normalizationTable } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const table = normalizationTable({ order: "bgr", mean: [0, 10, 0], std: [1, 1, 2] });
 * assert.equal(table.reversed, true);
 * assert.equal(table.values[2 * 256 + 7], 3.5);
 * ```
 */
export function normalizationTable(normalize: NormalizeConfig): NormalizationTable {
  const levels = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
  const pixels = new Float32Array(768);
  normalizeInto(levels, pixels, normalize);
  const values = Float32Array.from(pixels, (_, i) => pixels[(i % 256) * 3 + (i >> 8)]!);
  return { values, reversed: normalize.order === "bgr" };
}

/** The size of a network's input. */
export interface FitOptions {
  /**
   * Height and width to resize the image to; `null` keeps its own.
   *
   * @default null
   */
  resize?: Size | null;
  /**
   * `stretch` both sides to `resize`, or `letterbox`: keep the aspect, put the image at the top
   * left and pad the rest.
   *
   * @default "stretch"
   */
  resizeMode?: "stretch" | "letterbox";
  /**
   * Whether the mirror image is fitted too: a resized mirror image differs in rounding from the
   * mirrored result of a resize.
   *
   * @default false
   */
  flip?: boolean;
}

/** An image as network input. */
export interface FittedImage {
  height: number;
  width: number;
  /** Normalised pixels `[height * width * channels]`; padding is 0, the mean. Owned by the receiver. */
  image: Float32Array;
  /** Height and width of the image itself, at the top left; the rest is padding. */
  content: Size;
  /** The mirror image, fitted in the same way; only with `flip`. Owned by the receiver. */
  mirrored?: Float32Array;
}

/**
 * Resizes (bilinearly) and normalises an image.
 *
 * @throws {RangeError} If `resize` is not two whole numbers above 0.
 *
 * @example
 * ```ts
 * import { type NormalizeConfig } from "@segadv/segadv";
 * import { fitImage } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const normalize: NormalizeConfig = { order: "rgb", mean: [0, 0, 0], std: [1, 1, 1] };
 * const image = { width: 4, height: 2, data: new Uint8Array(24).fill(9) };
 * const fitted = fitImage(image, { normalize, resize: [8, 8], resizeMode: "letterbox" });
 * assert.deepEqual(fitted.content, [4, 8]);
 * assert.deepEqual([fitted.image.at(0), fitted.image.at(-1)], [9, 0]);
 * ```
 */
export function fitImage(
  source: RgbImage,
  options: FitOptions & { normalize: NormalizeConfig },
): FittedImage {
  const [height, width] = options.resize ?? [source.height, source.width];
  const content = contentSize(source, options);
  const image = fitPixels(source, { size: [height, width], content, ...options });
  const fitted = { height, width, image, content };
  if (options.flip !== true) return fitted;
  const channels = source.channels ?? 3;
  const mirror = { ...source, data: mirrorRows(source.data, { width: source.width, channels }) };
  const mirrored = fitPixels(mirror, { size: [height, width], content, ...options });
  return { ...fitted, mirrored };
}

/** Mirrors rows of pixels left to right. */
export function mirrorRows<T extends Uint8Array | Float32Array>(
  values: T,
  { width, channels }: { width: number; channels: number },
): T {
  const mirrored = new (values.constructor as new (length: number) => T)(values.length);
  const row = width * channels;
  for (let start = 0; start < values.length; start += row) {
    for (let x = 0; x < width; x++) {
      const [from, to] = [start + x * channels, start + row - (x + 1) * channels];
      for (let c = 0; c < channels; c++) mirrored[to + c] = values[from + c]!;
    }
  }
  return mirrored;
}

function fitPixels(
  source: RgbImage,
  { size: [height, width], content, normalize }: {
    size: Size;
    content: Size;
    normalize: NormalizeConfig;
  },
): Float32Array {
  const pixels = isSize(source, content) ? source.data : resizeImage(source, content);
  const image = pixels instanceof Float32Array ? pixels : new Float32Array(pixels.length);
  normalizeInto(pixels, image, normalize);
  const { channels = 3 } = source;
  if (image.length === height * width * channels) return image;
  const padded = new Float32Array(height * width * channels);
  const [rowLength, intoLength] = [content[1] * channels, width * channels];
  placeRows(image, { into: padded, rowLength, intoLength });
  return padded;
}

/** Sizes of a padded image and of the image in it. */
export interface CutOptions {
  /** Values in a row of the padded image: its width times its channels. */
  rowLength: number;
  /** Rows of the image. */
  rows: number;
  /** Values in a row of the image. */
  length: number;
}

/** Cuts the padding off values that belong to what {@linkcode fitImage} made. */
export function cutPadding<T extends Uint8Array | Float32Array>(
  values: T,
  { rowLength, rows, length }: CutOptions,
): T {
  if (length === rowLength) return values.subarray(0, rows * length) as T;
  const cut = new (values.constructor as new (length: number) => T)(rows * length);
  for (let row = 0; row < rows; row++) {
    cut.set(values.subarray(row * rowLength, row * rowLength + length), row * length);
  }
  return cut;
}

/**
 * Height and width of an image within the network's input.
 *
 * @throws {RangeError} If `resize` is not two whole numbers above 0.
 */
export function contentSize(
  { width, height }: { width: number; height: number },
  { resize = null, resizeMode = "stretch" }: FitOptions,
): Size {
  if (resize === null) return [height, width];
  if (!(Number.isInteger(resize[0]) && Number.isInteger(resize[1]) && Math.min(...resize) > 0)) {
    throw new RangeError(`Cannot resize to [${resize}]: give height and width in whole pixels`);
  }
  if (resizeMode === "stretch") return resize;
  const scale = Math.min(resize[0] / height, resize[1] / width);
  const side = (length: number, most: number): number =>
    Math.min(most, Math.max(1, Math.round(length * scale)));
  return [side(height, resize[0]), side(width, resize[1])];
}

function isSize(
  { width, height }: { width: number; height: number },
  [rows, columns]: Size,
): boolean {
  return height === rows && width === columns;
}

/** Copies rows to the top left of a wider buffer. */
function placeRows<T extends Uint8Array | Float32Array>(
  from: T,
  { into, rowLength, intoLength }: { into: T; rowLength: number; intoLength: number },
): void {
  for (let row = 0; row * rowLength < from.length; row++) {
    into.set(from.subarray(row * rowLength, (row + 1) * rowLength), row * intoLength);
  }
}
