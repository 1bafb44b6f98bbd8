/**
 * Label files of any image format as raw samples, before anything decides what they mean.
 *
 * @module
 */
import { decodeRaster } from "../codecs/decode.ts";
import type { DecodeOptions, Raster } from "../codecs/raster.ts";
import { DamagedFileError } from "../dataset.ts";

/** Samples of a label file as they are stored. */
export interface MaskRaster extends Raster {
  data: Uint8Array | Uint16Array;
  /** Whether the format alters values (JPEG, lossy WebP). */
  lossy: boolean;
}

/**
 * Decodes a label file to the samples that it holds. EXIF orientations are never applied.
 *
 * @throws {DamagedFileError} If the file is empty, damaged, of an unknown format, or its samples are
 * no whole numbers from 0 to 65,535; names it.
 */
export async function decodeMask(bytes: Uint8Array, options: DecodeOptions): Promise<MaskRaster> {
  if (bytes.length === 0) {
    throw new DamagedFileError(`Cannot read labels from "${options.file}": the file is empty`);
  }
  const { format, data, lossy = format.lossy, ...raster } = await decodeRaster(bytes, options);
  if (data instanceof Uint8Array || data instanceof Uint16Array) return { ...raster, data, lossy };
  // Whole numbers of other types, as TIFF of 32 bits or of floats holds them
  const whole = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!(value >= 0 && value <= 65_535 && Number.isInteger(value))) {
      throw new DamagedFileError(
        `Cannot read labels from "${options.file}": ${value} at ${
          placeOf(Math.floor(i / raster.channels), raster)
        } is no whole number from 0 to 65,535`,
      );
    }
    whole[i] = value;
  }
  return { ...raster, bitDepth: 16, data: whole, lossy };
}

/** Whether each pixel has a single value: red, green and blue are equal everywhere. */
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
