/**
 * From samples as stored to the 8 bits a channel that everything after decoding works on.
 *
 * @module
 */
import { DamagedFileError, type RgbImage } from "../dataset.ts";
import type { Raster, RasterData, ValueRange } from "./raster.ts";

/** How samples become levels. */
export interface LevelOptions {
  /** Name of the file, for error messages. */
  file: string;
  /**
   * Channels of the result. Grey becomes three equal ones where three are wanted, and colours become
   * grey where one is; otherwise the picture must have as many.
   *
   * @default 3
   */
  channels?: number | undefined;
  /**
   * What becomes 0 and 255 in pictures of more than 8 bits; `null`: as {@linkcode chooseRange} says
   * of this picture alone.
   *
   * @default null
   */
  range?: ValueRange | null | undefined;
}

/** Whether samples need a range: those of more than 8 bits, and signed ones. */
export function isDeep({ data }: Pick<Raster, "data">): boolean {
  return !(data instanceof Uint8Array);
}

/** What the values of pictures of one depth are. */
export interface ValueFacts {
  low: number;
  high: number;
  isFloat: boolean;
}

/** The lowest and highest finite value, alpha left out; `null` where there is none. */
export function valueFacts({ data, channels, alpha = false }: Raster): ValueFacts | null {
  let low = Infinity;
  let high = -Infinity;
  const colors = alpha ? channels - 1 : channels;
  for (let i = 0; i < data.length; i += channels) {
    for (let c = 0; c < colors; c++) {
      const value = data[i + c]!;
      if (value < low && value > -Infinity) low = value;
      if (value > high && value < Infinity) high = value;
    }
  }
  return low > high ? null : { low, high, isFloat: isFloat(data) };
}

function isFloat(data: RasterData): boolean {
  return data instanceof Float32Array || data instanceof Float64Array;
}

/** Bits that cameras and converters use. */
const DEPTHS = [8, 10, 12, 14, 16, 32];

/**
 * The range of pictures by their lowest and highest value. Whole numbers: all values of the fewest of
 * 8, 10, 12, 14, 16 and 32 bits that hold the highest one, or, where the lowest is below 0 or at
 * least half of the highest (as of thermal cameras), from the lowest to the highest. Floats: 0 to 1 or
 * 0 to 255 where all lie in there, else from the lowest to the highest.
 *
 * @example
 * ```ts
 * import { chooseRange } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(chooseRange({ low: 12, high: 3800, isFloat: false }), [0, 4095]);
 * assert.deepEqual(chooseRange({ low: 29_800, high: 30_300, isFloat: false }), [29_800, 30_300]);
 * assert.deepEqual(chooseRange({ low: 0.1, high: 0.9, isFloat: true }), [0, 1]);
 * ```
 */
export function chooseRange({ low, high, isFloat }: ValueFacts): ValueRange {
  if (isFloat) {
    if (low >= 0 && high <= 1) return [0, 1];
    if (low >= 0 && high <= 255) return [0, 255];
    return [low, high];
  }
  if (low < 0 || (low > 0 && low * 2 >= high)) return [low, high];
  return [0, 2 ** DEPTHS.find((bits) => high < 2 ** bits)! - 1];
}

/**
 * Levels of a picture: 8 bits a channel, alpha laid over white.
 *
 * @throws {DamagedFileError} If the picture has other channels, or an index without a colour.
 */
export function toLevels(raster: Raster, options: LevelOptions): RgbImage {
  const { width, height, channels, bitDepth, data, palette, alpha = false } = raster;
  const { file, channels: wanted = 3 } = options;
  if (wanted === 3 && channels === 3 && bitDepth === 8 && !raster.transparency) {
    if (data instanceof Uint8Array) return { width, height, data };
  }
  const size = { width, height };
  if (palette) {
    return asWanted(size, { levels: fromPalette(raster, palette, file), own: 3, options });
  }
  if (alpha && channels === wanted) {
    return imageOf(size, levelsOf(raster, { options, from: 0, count: channels }), channels);
  }
  const count = alpha ? channels - 1 : channels;
  const levels = levelsOf(raster, { options, from: 0, count });
  if (alpha) blend(levels, count, levelsOf(raster, { options, from: count, count: 1 }));
  else if (raster.transparency) blend(levels, count, keyAlpha(raster, raster.transparency));
  return asWanted(size, { levels, own: count, options });
}

/** An image as RGB for people: of other channels the first three, or the first as grey. */
export function shownColors(image: RgbImage): RgbImage {
  const { width, height, data, channels = 3 } = image;
  if (channels === 3) return image;
  const shown = new Uint8Array(width * height * 3);
  const step = channels > 3 ? 1 : 0;
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) shown[i * 3 + c] = data[i * channels + c * step]!;
  }
  return { width, height, data: shown };
}

interface PixelSize {
  width: number;
  height: number;
}

function imageOf(size: PixelSize, data: Uint8Array, channels: number): RgbImage {
  return channels === 3 ? { ...size, data } : { ...size, data, channels };
}

/** Levels as many channels as are wanted. */
function asWanted(
  size: PixelSize,
  { levels, own, options }: { levels: Uint8Array; own: number; options: LevelOptions },
): RgbImage {
  const { file, channels: wanted = 3 } = options;
  if (own === wanted) return imageOf(size, levels, own);
  const pixels = size.width * size.height;
  if (own === 1 && wanted === 3) {
    const data = new Uint8Array(pixels * 3);
    for (let i = 0, to = 0; i < pixels; i++) {
      const level = levels[i]!;
      data[to++] = level;
      data[to++] = level;
      data[to++] = level;
    }
    return { ...size, data };
  }
  if (own === 3 && wanted === 1) {
    // ITU-R BT.601, as Pillow's mode L
    const data = Uint8Array.from(
      { length: pixels },
      (_, i) =>
        levels[i * 3]! * 19_595 + levels[i * 3 + 1]! * 38_470 + levels[i * 3 + 2]! * 7_471 +
          0x8000 >>
        16,
    );
    return { ...size, data, channels: 1 };
  }
  throw new DamagedFileError(
    `Cannot use image "${file}": it has ${own} channels, and ${wanted} are wanted; data.channels ` +
      `says how many`,
  );
}

/** Levels of `count` channels from channel `from` on. */
function levelsOf(
  raster: Raster,
  { options, from, count }: { options: LevelOptions; from: number; count: number },
): Uint8Array {
  const { width, height, channels, bitDepth, data, alpha = false } = raster;
  const pixels = width * height;
  if (bitDepth === 8 && data instanceof Uint8Array && count === channels) return data;
  const levels = new Uint8Array(pixels * count);
  const level = levelFunction(raster, options.range ?? null);
  const opaque = levelFunction(raster, isFloat(data) ? [0, 1] : [0, 2 ** bitDepth - 1]);
  for (let c = 0; c < count; c++) {
    const toLevel = alpha && from + c === channels - 1 ? opaque : level;
    for (let i = 0, at = from + c, to = c; i < pixels; i++, at += channels, to += count) {
      levels[to] = toLevel(data[at]!);
    }
  }
  return levels;
}

/** What a sample becomes. */
function levelFunction(raster: Raster, range: ValueRange | null): (value: number) => number {
  const { data, bitDepth } = raster;
  if (!isDeep(raster)) {
    const scale = bitDepth < 8 ? 255 / ((1 << bitDepth) - 1) : 1;
    return (value) => value * scale;
  }
  const facts = range === null ? valueFacts(raster) : null;
  const [low, high] = range ?? (facts === null ? [0, 1] : chooseRange(facts));
  // 256 equal parts; of whole numbers the highest one belongs to the last of them
  const scale = 256 / (isFloat(data) ? high - low || 1 : high - low + 1);
  return (value) => {
    const level = Math.floor((value - low) * scale);
    return level > 0 ? Math.min(255, level) : 0; // 0 for NaN too
  };
}

/** Colours over white. */
function blend(levels: Uint8Array, channels: number, alpha: Uint8Array): void {
  for (let i = 0, at = 0; i < alpha.length; i++) {
    const share = alpha[i]!;
    for (let c = 0; c < channels; c++, at++) {
      if (share < 255) levels[at] = Math.round((levels[at]! * share + 255 * (255 - share)) / 255);
    }
  }
}

/** Alpha by the one grey level or colour that is transparent. */
function keyAlpha({ data, channels, bitDepth }: Raster, key: Uint8Array): Uint8Array {
  const mask = 2 ** bitDepth - 1;
  const values = Array.from(
    { length: channels },
    (_, c) => ((key[c * 2] ?? 0) << 8 | (key[c * 2 + 1] ?? 0)) & mask,
  );
  const alpha = new Uint8Array(data.length / channels).fill(255);
  if (key.length < channels * 2) return alpha;
  for (let i = 0; i < alpha.length; i++) {
    if (values.every((value, c) => data[i * channels + c] === value)) alpha[i] = 0;
  }
  return alpha;
}

function fromPalette(
  { data, transparency }: Raster,
  palette: Uint8Array,
  file: string,
): Uint8Array {
  const colors = palette.slice();
  if (transparency) {
    const count = colors.length / 3;
    blend(colors, 3, Uint8Array.from({ length: count }, (_, i) => transparency[i] ?? 255));
  }
  const levels = new Uint8Array(data.length * 3);
  for (let i = 0, to = 0; i < data.length; i++) {
    const from = data[i]! * 3;
    if (from >= colors.length) {
      throw new DamagedFileError(
        `Cannot decode image "${file}": index ${data[i]} has no colour in its palette`,
      );
    }
    levels[to++] = colors[from]!;
    levels[to++] = colors[from + 1]!;
    levels[to++] = colors[from + 2]!;
  }
  return levels;
}
