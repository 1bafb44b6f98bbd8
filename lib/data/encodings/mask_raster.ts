/**
 * Label files of any image format as raw samples, before anything decides what they mean.
 *
 * @module
 */
import { decodeImage } from "../codecs/decode.ts";
import { decodeJpeg, isJpeg } from "../codecs/jpeg.ts";
import { type DecodeOptions, decodePng, isPng, type PngImage } from "../codecs/png_decode.ts";
import { DamagedFileError } from "../dataset.ts";

/** Samples of a label file as they are stored. */
export interface MaskRaster extends PngImage {
  /** Whether the format alters values (JPEG). */
  lossy: boolean;
}

/**
 * Decodes a label file: PNG samples are kept as stored, other formats come as RGB. EXIF orientations
 * are never applied.
 *
 * @throws {DamagedFileError} If the file is empty, damaged or of an unknown format; names it.
 */
export async function decodeMask(bytes: Uint8Array, options: DecodeOptions): Promise<MaskRaster> {
  if (isPng(bytes)) return { ...decodePng(bytes, options), lossy: false };
  if (bytes.length === 0) {
    throw new DamagedFileError(`Cannot read labels from "${options.file}": the file is empty`);
  }
  const lossy = isJpeg(bytes);
  const image = lossy ? await decodeJpeg(bytes, options) : await decodeImage(bytes, options);
  return { ...image, channels: 3, bitDepth: 8, lossy };
}

/** Offset of the sample that a pixel's single value stands in; `null` where channels differ. */
export function isSingleValued({ channels, data }: MaskRaster): boolean {
  if (channels < 3) return true;
  for (let i = 0; i < data.length; i += channels) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  }
  return true;
}

/** Where a pixel lies, for messages. */
export function placeOf(pixel: number, { width }: Pick<MaskRaster, "width">): string {
  return `column ${pixel % width}, row ${Math.floor(pixel / width)}`;
}
