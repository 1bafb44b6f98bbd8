/**
 * Sizes of images from their headers, where these alone say it.
 *
 * @module
 */
import { jpegOrientation } from "../codecs/exif.ts";
import { isJpeg } from "../codecs/jpeg.ts";
import { isPng } from "../codecs/png_decode.ts";
import { crc32 } from "node:zlib";

/**
 * Width and height of a JPEG or PNG; `null` where the file must be decoded: another format, an
 * orientation, a header or a PNG's chunk that is damaged.
 */
export function imageSize(bytes: Uint8Array): { width: number; height: number } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isPng(bytes)) {
    if (bytes.length < 33 || hasText(bytes.subarray(0, 4096), "eXIf")) return null;
    // Cut off before its end, as a copy that was interrupted is
    if (!hasText(bytes.subarray(-12), "IEND")) return null;
    if (!hasSoundChunks(bytes)) return null;
    return { width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (!isJpeg(bytes) || jpegOrientation(bytes) > 1) return null;
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return height > 0 && width > 0 && endsInMarker(bytes) ? { width, height } : null;
    }
    if (marker === 0xda || marker === 0xd9) return null;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
    else at += 2 + view.getUint16(at + 2);
  }
  return null;
}

function endsInMarker(bytes: Uint8Array): boolean {
  return bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9;
}

function hasText(bytes: Uint8Array, text: string): boolean {
  const codes = [...text].map((letter) => letter.charCodeAt(0));
  for (let i = 0; i + codes.length <= bytes.length; i++) {
    if (codes.every((code, j) => bytes[i + j] === code)) return true;
  }
  return false;
}

/** Whether each chunk of a PNG has the checksum it states. */
function hasSoundChunks(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at < bytes.length;) {
    const end = at + 8 + (at + 8 <= bytes.length ? view.getUint32(at) : Infinity);
    if (end + 4 > bytes.length) return false;
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) return false;
    at = end + 4;
  }
  return true;
}
