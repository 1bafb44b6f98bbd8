/** One strip or tile of a TIFF: unpacked, in the machine's byte order, predictions undone. */
import { inflateZlib } from "../../util/deflate.ts";
import { unpackLzw } from "./_lzw.ts";
import { decodeJpeg } from "./jpeg.ts";
import type { DecodeOptions } from "./raster.ts";
import type { TiffLayout } from "./_tiff_directory.ts";

const [PLAIN, LZW, JPEG, DEFLATE, OLD_DEFLATE, PACK_BITS] = [1, 5, 7, 8, 32946, 32773];

/** Names of compressions that are not read, for messages. */
const OTHERS: Record<number, string> = {
  2: "CCITT",
  3: "CCITT group 3",
  4: "CCITT group 4",
  6: "old JPEG",
  34712: "JPEG 2000",
  34887: "LERC",
  34925: "LZMA",
  50000: "Zstandard",
  50001: "WebP",
  50002: "JPEG XL",
};

/** Whether blocks are JPEG streams. */
export function isJpegLayout({ compression }: TiffLayout): boolean {
  return compression === JPEG;
}

/** @throws {SyntaxError} If blocks of this kind are not supported. */
export function checkCompression({ compression, predictor, bits, format }: TiffLayout): void {
  if (![PLAIN, LZW, JPEG, DEFLATE, OLD_DEFLATE, PACK_BITS].includes(compression)) {
    throw new SyntaxError(
      `compression ${OTHERS[compression] ?? compression} is not supported: save it with LZW or ` +
        "deflate",
    );
  }
  const isKnown = predictor === 1 || predictor === 2 && bits >= 8 && bits <= 32 ||
    predictor === 3 && format === "float";
  if (!isKnown) throw new SyntaxError(`predictor ${predictor} of ${bits} bits is not supported`);
}

/** Size of a block. */
export interface BlockShape {
  /** Pixels in a row. */
  width: number;
  rows: number;
  /** Samples of a pixel in this block. */
  samples: number;
}

/** The bytes of a block, in the machine's byte order. */
export function unpackBlock(
  packed: Uint8Array,
  layout: TiffLayout,
  { width, rows, samples }: BlockShape,
): Uint8Array {
  const { bits, compression } = layout;
  const stride = Math.ceil(width * samples * bits / 8);
  const bytes = inflated(packed, compression, {
    length: rows * stride,
    // Some writers fill up the last strip
    most: layout.block.height * stride,
  });
  if (layout.predictor === 3) return undoFloatPredictor(bytes, { stride, samples, bits });
  const step = bits / 8;
  if (step > 1 && layout.littleEndian !== LITTLE_ENDIAN) swapBytes(bytes, step);
  if (layout.predictor === 2) undoPredictor(bytes, { stride, samples, bits });
  return bytes;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Exactly `length` bytes, of their own memory. */
function inflated(
  packed: Uint8Array,
  compression: number,
  { length, most }: { length: number; most: number },
): Uint8Array {
  const short = (found: number): SyntaxError =>
    new SyntaxError(`a block ends after ${found} of ${length} bytes`);
  if (compression === PLAIN) {
    if (packed.length < length) throw short(packed.length);
    return new Uint8Array(packed.subarray(0, length)); // no view, as slice() of a Buffer is
  }
  if (compression === LZW || compression === PACK_BITS) {
    const target = new Uint8Array(length);
    const count = compression === LZW
      ? unpackLzw(packed, target, { bits: 8, highFirst: true, early: true })
      : unpackBits(packed, target);
    if (count < length) throw short(count);
    return target;
  }
  let raw: Uint8Array;
  try {
    raw = inflateZlib(packed, { most: most + 64 });
  } catch (error) {
    throw new SyntaxError(`damaged image data (${(error as Error).message})`);
  }
  if (raw.length < length) throw short(raw.length);
  return new Uint8Array(raw.subarray(0, length));
}

/** PackBits: a count of plain bytes, or of repetitions of one. */
function unpackBits(packed: Uint8Array, target: Uint8Array): number {
  let to = 0;
  for (let at = 0; at + 1 < packed.length && to < target.length;) {
    const count = packed[at++]!;
    if (count === 128) continue;
    if (count < 128) {
      const plain = packed.subarray(at, at + count + 1).subarray(0, target.length - to);
      target.set(plain, to);
      to += plain.length;
      at += count + 1;
    } else {
      const end = Math.min(target.length, to + 257 - count);
      target.fill(packed[at++]!, to, end);
      to = end;
    }
  }
  return to;
}

function swapBytes(bytes: Uint8Array, step: number): void {
  for (let i = 0; i + step <= bytes.length; i += step) bytes.subarray(i, i + step).reverse();
}

interface PredictedRows {
  /** Bytes of a row. */
  stride: number;
  samples: number;
  bits: number;
}

/** Each sample is stored as its difference from the same one of the pixel before. */
function undoPredictor(bytes: Uint8Array, { stride, samples, bits }: PredictedRows): void {
  const values = bits === 8
    ? bytes
    : bits === 16
    ? new Uint16Array(bytes.buffer, 0, bytes.length / 2)
    : new Uint32Array(bytes.buffer, 0, bytes.length / 4);
  const row = stride / (bits / 8);
  for (let start = 0; start < values.length; start += row) {
    for (let i = start + samples; i < start + row; i++) values[i]! += values[i - samples]!;
  }
}

/** Bytes of floats, sorted by their weight, as differences from the byte before. */
function undoFloatPredictor(
  bytes: Uint8Array,
  { stride, samples, bits }: PredictedRows,
): Uint8Array {
  const size = bits / 8;
  const count = stride / size;
  const floats = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += stride) {
    for (let i = start + samples; i < start + stride; i++) bytes[i]! += bytes[i - samples]!;
    for (let i = 0; i < count; i++) {
      for (let b = 0; b < size; b++) {
        const place = LITTLE_ENDIAN ? size - 1 - b : b;
        floats[start + i * size + place] = bytes[start + b * count + i]!;
      }
    }
  }
  return floats;
}

/** Start of image, and Adobe's marker that says RGB is stored as RGB. */
const PLAIN_RGB = [
  ...[0xff, 0xd8, 0xff, 0xee, 0, 14],
  ...[0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0],
];

/** Pixels of a JPEG block, one sample or three. */
export async function unpackJpegBlock(
  packed: Uint8Array,
  { photometric, jpegTables }: TiffLayout,
  { width, rows, samples, ...options }: BlockShape & DecodeOptions,
): Promise<Uint8Array> {
  // Tables are a stream without an image: what lies between its first and last marker
  const tables = jpegTables?.subarray(2, -2) ?? new Uint8Array(0);
  const start = photometric === 2 ? PLAIN_RGB : [0xff, 0xd8];
  const stream = new Uint8Array(start.length + tables.length + packed.length - 2);
  stream.set(start);
  stream.set(tables, start.length);
  stream.set(packed.subarray(2), start.length + tables.length);
  const block = await decodeJpeg(stream, options);
  if (block.width !== width || block.height < rows) {
    throw new SyntaxError(
      `a block has ${block.width}x${block.height} pixels, not ${width}x${rows}`,
    );
  }
  if (samples === 3) return block.data;
  return Uint8Array.from({ length: width * block.height }, (_, i) => block.data[i * 3]!);
}
