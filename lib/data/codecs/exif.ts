/**
 * The EXIF orientation of pictures: where it stands in each format, and what it does to pixels.
 *
 * @module
 */
import type { RgbImage } from "../dataset.ts";

const ORIENTATION_TAG = 0x0112;

/** The orientation in an EXIF block (a TIFF header with its first directory); 1 if there is none. */
function orientationIn(exif: Uint8Array): number {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  if (exif.length < 14) return 1;
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  const start = view.getUint32(4, little);
  if (start + 2 > exif.length) return 1;
  const count = view.getUint16(start, little);
  for (let i = 0, at = start + 2; i < count && at + 12 <= exif.length; i++, at += 12) {
    if (view.getUint16(at, little) !== ORIENTATION_TAG) continue;
    const isLong = view.getUint16(at + 2, little) === 4;
    return validOrientation(
      isLong ? view.getUint32(at + 8, little) : view.getUint16(at + 8, little),
    );
  }
  return 1;
}

/** 1..8 as it is, anything else as 1. */
export function validOrientation(value: number): number {
  return value >= 1 && value <= 8 ? value : 1;
}

/** Orientation of a JPEG: the first EXIF segment before the image. */
export function jpegOrientation(bytes: Uint8Array): number {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) return 1;
    const length = bytes[at + 2]! << 8 | bytes[at + 3]!;
    const body = bytes.subarray(at + 4, at + 2 + length);
    if (marker === 0xe1 && startsWith(body, "Exif\0")) return orientationIn(body.subarray(6));
    at += 2 + length;
  }
  return 1;
}

/** Orientation of a PNG: its `eXIf` chunk. */
export function pngOrientation(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (startsWith(bytes.subarray(at + 4, at + 8), "eXIf")) return orientationIn(body);
    at += 12 + length;
  }
  return 1;
}

/** Orientation of a WebP: its `EXIF` chunk, which may begin as a JPEG's does. */
export function webpOrientation(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = view.getUint32(at + 4, true);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (startsWith(bytes.subarray(at, at + 4), "EXIF")) {
      return orientationIn(startsWith(body, "Exif\0") ? body.subarray(6) : body);
    }
    at += 8 + length + length % 2;
  }
  return 1;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}

/** What undoes an orientation: rows and columns swapped first, then columns, then rows reversed. */
const TURNS: readonly [swap: boolean, mirror: boolean, flip: boolean][] = [
  [false, false, false],
  [false, true, false],
  [false, true, true],
  [false, false, true],
  [true, false, false],
  [true, true, false],
  [true, true, true],
  [true, false, true],
];

/**
 * The picture as a viewer shows it.
 *
 * @param orientation 1..8, as EXIF has it.
 * @returns `image` itself where nothing is to be done.
 * @example
 * ```ts
 * import { orientImage } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const stored = { width: 2, height: 1, data: new Uint8Array([1, 1, 1, 2, 2, 2]) };
 * const shown = orientImage(stored, 6);
 * assert.deepEqual([shown.width, shown.height, shown.data[0]], [1, 2, 1]);
 * assert.equal(orientImage(stored, 2).data[0], 2);
 * ```
 */
export function orientImage(image: RgbImage, orientation: number): RgbImage {
  const [swap, mirror, flip] = TURNS[validOrientation(orientation) - 1]!;
  if (!swap && !mirror && !flip) return image;
  const { data } = image;
  const channels = data.length / (image.width * image.height);
  const [width, height] = swap ? [image.height, image.width] : [image.width, image.height];
  const shown = new Uint8Array(data.length);
  // Steps in the stored picture for a column and a row of the shown one
  const [right, down] = swap ? [image.width, 1] : [1, image.width];
  for (let y = 0, to = 0; y < height; y++) {
    const row = (flip ? height - 1 - y : y) * down;
    for (let x = 0; x < width; x++) {
      const from = (row + (mirror ? width - 1 - x : x) * right) * channels;
      for (let c = 0; c < channels; c++) shown[to++] = data[from + c]!;
    }
  }
  return { ...image, width, height, data: shown };
}
