/** Pictures with an EXIF orientation. */
import { crc32 } from "node:zlib";
import { orientImage } from "../../lib/data/codecs/exif.ts";
import { encodePng } from "../../lib/data/codecs/png_encode.ts";
import type { RgbImage } from "../../lib/data/dataset.ts";

/** A PNG whose stored pixels, turned as its EXIF orientation says, show the image. */
export function turnedPng(shown: RgbImage, orientation: number): Uint8Array {
  // A quarter turn is undone by the other one, everything else by itself
  const back = ({ 6: 8, 8: 6 } as Record<number, number>)[orientation] ?? orientation;
  const png = encodePng({ ...orientImage(shown, back), channels: 3 });
  const exif = new Uint8Array(38);
  const view = new DataView(exif.buffer);
  view.setUint32(0, 26);
  exif.set(new TextEncoder().encode("eXIfMM"), 4);
  view.setUint16(10, 42);
  view.setUint32(12, 8);
  view.setUint16(16, 1);
  view.setUint16(18, 0x112);
  view.setUint16(20, 3);
  view.setUint32(22, 1);
  view.setUint16(26, orientation);
  view.setUint32(34, crc32(exif.subarray(4, 34)));
  const bytes = new Uint8Array(png.length + exif.length);
  bytes.set(png.subarray(0, 33));
  bytes.set(exif, 33);
  bytes.set(png.subarray(33), 33 + exif.length);
  return bytes;
}
