/**
 * BMP: 1 to 32 bits, with a palette, with colour masks or run-length encoded.
 *
 * @module
 */
import { DamagedFileError } from "../dataset.ts";
import { type ImageFormat, MAX_PIXELS, type Raster } from "./raster.ts";

/** BMP, Windows' and OS/2's. */
export const bmpFormat: ImageFormat = {
  name: "BMP",
  summary: "1 to 32 bits, palettes, run lengths",
  extensions: [".bmp", ".dib"],
  lossy: false,
  matches: (bytes) =>
    bytes[0] === 0x42 && bytes[1] === 0x4d && bytes.length >= 18 && HEADERS.has(bytes[14]!),
  // deno-lint-ignore require-await -- errors are rejections, as of other formats
  async decode(bytes, { file, maxPixels }) {
    try {
      return decode(bytes, maxPixels ?? MAX_PIXELS);
    } catch (error) {
      // Reading behind the end is a range error of DataView's
      const why = error instanceof SyntaxError ? error.message : "the file is truncated";
      throw new DamagedFileError(`Cannot decode BMP "${file}": ${why}`);
    }
  },
  isDeep: () => false,
  orientation: () => 1,
};

/** Sizes of the headers that there are; the first is OS/2's, with sides of 16 bits. */
const HEADERS: ReadonlySet<number> = new Set([12, 40, 52, 56, 64, 108, 124]);

/** Pixels of a byte: runs of 255 take two. */
const MAX_EXPANSION = 128;

/** Values of the field "compression". */
const [RGB, RLE8, RLE4, MASKS, ALPHA_MASKS] = [0, 1, 2, 3, 6];

function decode(bytes: Uint8Array, maxPixels: number): Raster {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint32(14, true);
  if (!HEADERS.has(size)) throw new SyntaxError(`a header of ${size} bytes does not exist`);
  const isOld = size === 12;
  const width = isOld ? view.getUint16(18, true) : view.getInt32(18, true);
  const signed = isOld ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signed);
  const bits = view.getUint16(isOld ? 24 : 28, true);
  const compression = isOld ? RGB : view.getUint32(30, true);
  if (width <= 0 || height === 0) throw new SyntaxError(`size ${width}x${height} is empty`);
  if (width * height > maxPixels) {
    throw new SyntaxError(`${width}x${height} is more than the limit of ${maxPixels} pixels`);
  }
  if (width * height > bytes.length * MAX_EXPANSION + 2 ** 22) {
    throw new SyntaxError(`${bytes.length} bytes cannot hold ${width}x${height} pixels`);
  }
  const isKnown = bits <= 8
    ? [1, 2, 4, 8].includes(bits) && (compression === RGB || compression === RLE8 && bits === 8 ||
      compression === RLE4 && bits === 4)
    : [16, 24, 32].includes(bits) &&
      (compression === RGB || bits !== 24 && [MASKS, ALPHA_MASKS].includes(compression!));
  if (!isKnown) {
    throw new SyntaxError(`${bits} bits with compression ${compression} are not supported`);
  }
  const start = view.getUint32(10, true);
  const layout = { width, height, bits, start, topDown: signed < 0 };
  if (bits > 8) return decodeColors(view, layout, masksOf(view, { size, bits, compression }));
  const listed = isOld ? 0 : view.getUint32(46, true);
  const count = Math.min(256, listed === 0 ? 1 << bits : listed);
  const stride = isOld ? 3 : 4;
  const palette = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) palette[i * 3 + c] = view.getUint8(14 + size + i * stride + 2 - c);
  }
  const data = compression === RGB ? unpackIndices(bytes, layout) : unpackRuns(view, layout);
  return { width, height, channels: 1, bitDepth: 8, data, palette };
}

interface Layout {
  width: number;
  height: number;
  bits: number;
  /** Where the pixels begin. */
  start: number;
  topDown: boolean;
}

function rowOf({ height, topDown }: Layout, y: number): number {
  return topDown ? y : height - 1 - y;
}

function strideOf({ width, bits }: Layout): number {
  return Math.ceil(width * bits / 32) * 4;
}

function unpackIndices(bytes: Uint8Array, layout: Layout): Uint8Array {
  const { width, height, bits, start } = layout;
  const stride = strideOf(layout);
  // The last row need not be filled up
  if (start + (height - 1) * stride + Math.ceil(width * bits / 8) > bytes.length) {
    throw new SyntaxError("the file is truncated");
  }
  const data = new Uint8Array(width * height);
  const mask = (1 << bits) - 1;
  for (let y = 0; y < height; y++) {
    const from = start + y * stride;
    const to = rowOf(layout, y) * width;
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      data[to + x] = bytes[from + (bit >> 3)]! >> 8 - bits - (bit & 7) & mask;
    }
  }
  return data;
}

/** Run lengths: (count, value), or 0 and a row's end, the picture's end, a step, or plain values. */
function unpackRuns(view: DataView, layout: Layout): Uint8Array {
  const { width, height, bits, start } = layout;
  const data = new Uint8Array(width * height);
  let [at, x, y] = [start, 0, 0];
  const put = (value: number): void => {
    if (x < width && y < height) data[rowOf(layout, y) * width + x] = value;
    x++;
  };
  const part = (byte: number, i: number): number =>
    bits === 8 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15;
  while (y < height) {
    const [count, value] = [view.getUint8(at), view.getUint8(at + 1)];
    at += 2;
    if (count > 0) { for (let i = 0; i < count; i++) put(part(value, i)); }
    else if (value === 0) [x, y] = [0, y + 1];
    else if (value === 1) break;
    else if (value === 2) {
      x += view.getUint8(at);
      y += view.getUint8(at + 1);
      at += 2;
    } else {
      const length = Math.ceil(value * bits / 8);
      for (let i = 0; i < value; i++) put(part(view.getUint8(at + (i * bits >> 3)), i));
      at += length + length % 2;
    }
  }
  return data;
}

/** Bits of red, green, blue and alpha in a pixel; alpha 0 where there is none. */
function masksOf(
  view: DataView,
  { size, bits, compression }: { size: number; bits: number; compression: number | undefined },
): number[] {
  if (compression === MASKS || compression === ALPHA_MASKS) {
    const hasAlpha = size >= 56 || compression === ALPHA_MASKS;
    return [54, 58, 62, 66].map((at, i) => i < 3 || hasAlpha ? view.getUint32(at, true) : 0);
  }
  return bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
}

function decodeColors(view: DataView, layout: Layout, masks: number[]): Raster {
  const { width, height, bits, start } = layout;
  const used = masks[3] === 0 ? masks.slice(0, 3) : masks;
  const channels = used.length;
  const shifts = used.map((mask) => mask === 0 ? 0 : 31 - Math.clz32(mask & -mask));
  const most = used.map((mask, i) => mask >>> shifts[i]!);
  const data = new Uint8Array(width * height * channels);
  const stride = strideOf(layout);
  const step = bits / 8;
  for (let y = 0; y < height; y++) {
    let to = rowOf(layout, y) * width * channels;
    for (let x = 0, at = start + y * stride; x < width; x++, at += step) {
      const pixel = step === 2
        ? view.getUint16(at, true)
        : step === 4
        ? view.getUint32(at, true)
        : view.getUint16(at, true) | view.getUint8(at + 2) << 16;
      for (let c = 0; c < channels; c++) {
        const value = (pixel & used[c]!) >>> shifts[c]!;
        data[to++] = most[c] === 255 ? value : most[c] === 0 ? 0 : value * 255 / most[c]! + 0.5;
      }
    }
  }
  return { width, height, channels, bitDepth: 8, data, ...(channels === 4 && { alpha: true }) };
}
