/**
 * PNG decoder that keeps what label maps need and canvas-based decoders lose: palette indices.
 *
 * @module
 */
import { crc32, inflateZlib } from "../../util/deflate.ts";
import { unfilter } from "./_png_filter.ts";
import { DamagedFileError } from "../dataset.ts";
import { printable } from "../../util/format.ts";
import { pngOrientation } from "./exif.ts";
import { type DecodeOptions, type ImageFormat, MAX_PIXELS } from "./raster.ts";

/** Samples of a decoded PNG, unpacked to one array element each. */
export interface PngImage {
  width: number;
  height: number;
  /** Samples per pixel: 1 grey or palette index, 2 grey + alpha, 3 RGB, 4 RGBA. */
  channels: 1 | 2 | 3 | 4;
  /** Bits per sample in the file; samples are not rescaled when unpacked. */
  bitDepth: 1 | 2 | 4 | 8 | 16;
  /** Row-major, interleaved. 16-bit samples come as `Uint16Array`. */
  data: Uint8Array | Uint16Array;
  /** RGB triples when `data` holds palette indices. */
  palette?: Uint8Array;
  /** Alpha of palette entries, or the transparent grey level or colour, two bytes a sample (tRNS). */
  transparency?: Uint8Array;
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const CHANNELS: Record<number, 1 | 2 | 3 | 4> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS: Record<number, number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
/** Adam7: first column, first row, column step, row step of each pass. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
/** Deflate expands by at most this factor: a header that promises more is refused at once. */
const MAX_EXPANSION = 1032;

interface Header {
  width: number;
  height: number;
  bitDepth: PngImage["bitDepth"];
  colorType: number;
  interlaced: boolean;
}

/** PNG. */
export const pngFormat: ImageFormat = {
  name: "PNG",
  summary: "every colour type and depth",
  extensions: [".png"],
  lossy: false,
  matches: isPng,
  // deno-lint-ignore require-await -- errors are rejections, as of other formats
  async decode(bytes, options) {
    const image = decodePng(bytes, options);
    return { ...image, alpha: image.channels % 2 === 0 };
  },
  isDeep: (bytes) => bytes[24] === 16,
  orientation: pngOrientation,
};

/** Whether the bytes start with the PNG signature. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Decodes a PNG of any colour type, bit depth and interlacing. Checksums are verified, colour
 * profiles and gamma are not applied.
 *
 * @throws {DamagedFileError} If the bytes are no PNG, damaged or truncated, or the image has more
 * than `maxPixels` pixels; the message names the file.
 * @example
 * ```ts
 * import { decodePng, encodePng } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const bytes = encodePng({ width: 2, height: 1, channels: 1, data: new Uint8Array([7, 255]) });
 * assert.deepEqual([...decodePng(bytes, { file: "label.png" }).data], [7, 255]);
 * ```
 */
export function decodePng(bytes: Uint8Array, options: DecodeOptions): PngImage {
  try {
    return decode(bytes, options.maxPixels ?? MAX_PIXELS);
  } catch (error) {
    const reason = printable((error as Error).message);
    throw new DamagedFileError(`Cannot decode PNG "${options.file}": ${reason}`);
  }
}

function decode(bytes: Uint8Array, maxPixels: number): PngImage {
  if (!isPng(bytes)) throw new SyntaxError("the file does not start with the PNG signature");
  const { header, compressed, ...colors } = readChunks(bytes);
  const { width, height, bitDepth } = header;
  if (width * height > maxPixels) {
    throw new SyntaxError(`${width}x${height} is more than the limit of ${maxPixels} pixels`);
  }
  const channels = CHANNELS[header.colorType]!;
  const passes = header.interlaced ? ADAM7 : [[0, 0, 1, 1]] as const;
  const rowBytes = (columns: number): number => Math.ceil(columns * channels * bitDepth / 8);
  let expected = 0;
  for (const pass of passes) {
    const [columns, rows] = passSize(pass, width, height);
    if (columns > 0) expected += rows * (1 + rowBytes(columns));
  }
  if (compressed.length * MAX_EXPANSION + 64 < expected) {
    throw new SyntaxError(
      `${compressed.length} compressed bytes cannot hold ${width}x${height} pixels: file truncated`,
    );
  }
  const raw = inflate(compressed, expected);
  const bytesPerPixel = Math.max(1, channels * bitDepth / 8);
  const samples = width * height * channels;
  if (bitDepth === 8 && !header.interlaced) {
    const data = unfilter(raw, { rows: height, stride: rowBytes(width), bytesPerPixel });
    return { width, height, channels, bitDepth, data, ...colors };
  }
  const data = bitDepth === 16 ? new Uint16Array(samples) : new Uint8Array(samples);
  let offset = 0;
  for (const pass of passes) {
    const [columns, rows] = passSize(pass, width, height);
    if (columns === 0 || rows === 0) continue;
    const stride = rowBytes(columns);
    const block = raw.subarray(offset, offset += rows * (1 + stride));
    const lines = unfilter(block, { rows, stride, bytesPerPixel });
    for (let row = 0; row < rows; row++) {
      const line = lines.subarray(row * stride, (row + 1) * stride);
      const start = (pass[1] + row * pass[3]) * width + pass[0];
      unpackRow(line, data, { start, step: pass[2], columns, channels, bitDepth });
    }
  }
  return { width, height, channels, bitDepth, data, ...colors };
}

function passSize(pass: readonly number[], width: number, height: number): [number, number] {
  return [
    Math.ceil((width - pass[0]!) / pass[2]!),
    Math.ceil((height - pass[1]!) / pass[3]!),
  ];
}

function readChunks(
  bytes: Uint8Array,
): { header: Header; compressed: Uint8Array } & Pick<PngImage, "palette" | "transparency"> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let header: Header | undefined;
  const colors: Pick<PngImage, "palette" | "transparency"> = {};
  let ended = false;
  for (let offset = 8; !ended;) {
    if (offset + 12 > bytes.length) throw new SyntaxError("file truncated before its IEND chunk");
    const length = view.getUint32(offset);
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    if (offset + 12 + length > bytes.length) {
      throw new SyntaxError(`file truncated in chunk ${JSON.stringify(type)} at byte ${offset}`);
    }
    const body = bytes.subarray(offset + 8, offset + 8 + length);
    const checksum = view.getUint32(offset + 8 + length);
    if (crc32(bytes.subarray(offset + 4, offset + 8 + length)) !== checksum) {
      throw new SyntaxError(`wrong checksum in chunk ${JSON.stringify(type)} at byte ${offset}`);
    }
    if (!header && type !== "IHDR") throw new SyntaxError("the first chunk is not IHDR");
    if (type === "IHDR" && !header) header = readHeader(body);
    else if (type === "PLTE" && header!.colorType === 3) colors.palette = readPalette(body);
    else if (type === "tRNS" && header!.colorType < 4) colors.transparency = new Uint8Array(body);
    else if (type === "IDAT") parts.push(body);
    else if (type === "IEND") ended = true;
    offset += 12 + length;
  }
  if (header!.colorType === 3 && !colors.palette) {
    throw new SyntaxError("a palette image has no palette");
  }
  if (parts.length === 0) throw new SyntaxError("the file has no image data");
  const compressed = parts.length === 1 ? parts[0]! : concat(parts);
  return { header: header!, compressed, ...colors };
}

function readHeader(body: Uint8Array): Header {
  if (body.length !== 13) throw new SyntaxError("the IHDR chunk does not have 13 bytes");
  const view = new DataView(body.buffer, body.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const bitDepth = body[8]!;
  const colorType = body[9]!;
  if (width === 0 || height === 0) throw new SyntaxError(`size ${width}x${height} is empty`);
  if (!DEPTHS[colorType]?.includes(bitDepth)) {
    throw new SyntaxError(`colour type ${colorType} with ${bitDepth} bits does not exist`);
  }
  if (body[10] !== 0 || body[11] !== 0 || body[12]! > 1) {
    throw new SyntaxError("unknown compression, filter or interlace method");
  }
  return {
    width,
    height,
    bitDepth: bitDepth as Header["bitDepth"],
    colorType,
    interlaced: body[12] === 1,
  };
}

function readPalette(body: Uint8Array): Uint8Array {
  if (body.length === 0 || body.length % 3 !== 0 || body.length > 768) {
    throw new SyntaxError(`a palette of ${body.length} bytes is not 1..256 RGB triples`);
  }
  return new Uint8Array(body);
}

function concat(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** Inflates at most `expected` bytes: a stream that holds more or fewer is damaged. */
function inflate(compressed: Uint8Array, expected: number): Uint8Array {
  let raw: Uint8Array;
  try {
    raw = inflateZlib(compressed, { chunk: expected + 64, most: expected + 64 });
  } catch (error) {
    throw new SyntaxError(`damaged image data (${(error as Error).message})`);
  }
  if (raw.length < expected) {
    throw new SyntaxError(`image data ends after ${raw.length} of ${expected} bytes`);
  }
  return raw;
}

interface RowLayout {
  /** Pixel index of the row's first pixel and distance to the next. */
  start: number;
  step: number;
  columns: number;
  channels: number;
  bitDepth: number;
}

/** Spreads one row of packed samples over the image. */
function unpackRow(line: Uint8Array, data: Uint8Array | Uint16Array, layout: RowLayout): void {
  const { start, step, columns, channels, bitDepth } = layout;
  if (bitDepth >= 8) {
    let source = 0;
    for (let column = 0; column < columns; column++) {
      let target = (start + column * step) * channels;
      for (let channel = 0; channel < channels; channel++) {
        const high = line[source++]!;
        data[target++] = bitDepth === 16 ? (high << 8) | line[source++]! : high;
      }
    }
  } else {
    const mask = (1 << bitDepth) - 1;
    for (let column = 0; column < columns; column++) {
      const bit = column * bitDepth;
      data[start + column * step] = (line[bit >> 3]! >> (8 - bitDepth - (bit & 7))) & mask;
    }
  }
}
