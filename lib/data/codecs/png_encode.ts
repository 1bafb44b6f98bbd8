/**
 * PNG encoder for what this project writes: label maps with a palette, grey and RGB images.
 *
 * @module
 */
import { crc32, deflateZlib } from "../../util/deflate.ts";

/** Pixels to encode. */
export interface PngSource {
  width: number;
  height: number;
  /** 1: grey, or indices where `palette` is given. 3: RGB. */
  channels: 1 | 3;
  /** Row-major, interleaved; 8 or 16 bits a sample. */
  data: Uint8Array | Uint16Array;
  /** 1..256 RGB triples; makes a palette image. */
  palette?: Uint8Array;
  /**
   * Deflate level, 1 (fast) to 9 (small); a page stores the rows.
   *
   * @default 6
   */
  level?: number;
}

/**
 * Encodes a PNG of 8 or 16 bits. Label maps keep their values: a palette image stores `data` as it is.
 *
 * @throws {RangeError} If `data` or `palette` has the wrong length or an index has no colour.
 * @example
 * ```ts
 * import { decodePng, encodePng } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const palette = new Uint8Array([0, 0, 0, 128, 0, 0]);
 * const label = { width: 2, height: 1, channels: 1 as const, data: new Uint8Array([0, 1]), palette };
 * assert.deepEqual(decodePng(encodePng(label), { file: "label.png" }).palette, palette);
 * ```
 */
export function encodePng(source: PngSource): Uint8Array {
  const { width, height, channels, data, palette } = source;
  if (!(width > 0 && height > 0) || data.length !== width * height * channels) {
    throw new RangeError(
      `Cannot encode a PNG of ${width}x${height}x${channels} from ${data.length} bytes`,
    );
  }
  if (palette) checkPalette(source, palette);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([isDeep(data) ? 16 : 8, palette ? 3 : channels === 1 ? 0 : 2], 8);
  const chunks = [Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), chunk("IHDR", header)];
  if (palette) chunks.push(chunk("PLTE", palette));
  // Indices compress best unfiltered; continuous tones against the row above.
  const rows = filterRows(source, palette ? 0 : 2);
  chunks.push(chunk("IDAT", deflateZlib(rows, source.level ?? 6)));
  chunks.push(chunk("IEND", new Uint8Array(0)));
  const bytes = new Uint8Array(chunks.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of chunks) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function checkPalette({ channels, data }: PngSource, palette: Uint8Array): void {
  if (
    isDeep(data) || channels !== 1 || palette.length === 0 || palette.length % 3 ||
    palette.length > 768
  ) {
    throw new RangeError(
      `Cannot encode a palette of ${palette.length} bytes over ${channels} channels: ` +
        `must be 1..256 RGB triples over 1 channel`,
    );
  }
  const position = data.findIndex((value) => value >= palette.length / 3);
  if (position >= 0) {
    throw new RangeError(
      `Cannot encode index ${data[position]} with a palette of ${palette.length / 3} colours`,
    );
  }
}

/** Puts a filter byte before every row: 0 (none) or 2 (difference to the row above). */
function filterRows({ height, ...source }: PngSource, filter: 0 | 2): Uint8Array {
  const data = isDeep(source.data) ? bigEndian(source.data) : source.data;
  const stride = data.length / height;
  const rows = new Uint8Array(height * (stride + 1));
  for (let row = 0; row < height; row++) {
    const target = row * (stride + 1);
    rows[target] = filter;
    if (filter === 0 || row === 0) {
      rows.set(data.subarray(row * stride, (row + 1) * stride), target + 1);
    } else {
      for (let i = 0; i < stride; i++) {
        rows[target + 1 + i] = data[row * stride + i]! - data[(row - 1) * stride + i]!;
      }
    }
  }
  return rows;
}

function isDeep(data: Uint8Array | Uint16Array): data is Uint16Array {
  return data.BYTES_PER_ELEMENT === 2;
}

function bigEndian(values: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  for (let i = 0; i < values.length; i++) {
    bytes[i * 2] = values[i]! >> 8;
    bytes[i * 2 + 1] = values[i]! & 255;
  }
  return bytes;
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(body, 8);
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)));
  return bytes;
}
