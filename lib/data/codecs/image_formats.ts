/**
 * The formats of pictures: what listing, decoding, help and error messages know.
 *
 * @module
 */
import { Registry } from "../../util/registry.ts";
import { bmpFormat } from "./bmp.ts";
import { gifFormat } from "./gif.ts";
import { jpegFormat } from "./jpeg.ts";
import { pngFormat } from "./png_decode.ts";
import type { ImageFormat } from "./raster.ts";
import { tiffFormat } from "./tiff.ts";
import { webpFormat } from "./webp.ts";

/** Every format that pictures are read from; which one a file has follows from its bytes. */
export const imageFormats: Registry<ImageFormat> = new Registry("image format", [
  jpegFormat,
  pngFormat,
  webpFormat,
  tiffFormat,
  bmpFormat,
  gifFormat,
]);

/** The format of a file; `null` if it is none of them. */
export function formatOf(bytes: Uint8Array): ImageFormat | null {
  return [...imageFormats].find((format) => format.matches(bytes)) ?? null;
}

/** Brands of ISO media files that hold pictures. */
const BRANDS: Record<string, string> = {
  avif: "AVIF",
  avis: "AVIF",
  heic: "HEIC",
  heix: "HEIC",
  hevc: "HEIC",
  mif1: "HEIC",
  msf1: "HEIC",
};

/** What a file of no known format is. */
export function nameForeign(bytes: Uint8Array): string {
  if (bytes.length === 0) return "the file is empty";
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 64));
  const known = text.slice(4, 8) === "ftyp"
    ? BRANDS[text.slice(8, 12)]
    : text.startsWith("\0\0\0\x0cjP  ") || text.startsWith("\xff\x4f\xff\x51")
    ? "JPEG 2000"
    : text.startsWith("\0\0\0\x0cJXL ") || text.startsWith("\xff\x0a")
    ? "JPEG XL"
    : /^\s*(<\?xml|<svg)/.test(text)
    ? "SVG or XML"
    : text.startsWith("version https://git-lfs")
    ? "a pointer of Git LFS, whose file was not fetched"
    : text.startsWith("SIMPLE  =")
    ? "FITS"
    : text.startsWith("\x89HDF")
    ? "HDF5"
    : text.startsWith("%PDF")
    ? "PDF"
    : undefined;
  const names = imageFormats.names.join(", ");
  return known === undefined
    ? `it is none of ${names}, convert it to one`
    : `it is ${known}, not one of ${names}: convert it`;
}
