/**
 * Decoding of pictures, from any supported format to 8 bits a channel, and of label maps, from PNG to
 * class indices.
 *
 * @module
 */
import { isJpeg } from "./jpeg.ts";
import { decodePng, isPng } from "./png_decode.ts";
import { DamagedFileError, type LabelMap, type RgbImage } from "../dataset.ts";
import { orientImage } from "./exif.ts";
import { formatOf, nameForeign } from "./image_formats.ts";
import type { DecodeOptions, ImageFormat, PictureOptions, Raster } from "./raster.ts";
import { toLevels } from "./to_levels.ts";

/** A picture as its file holds it, and the format of that file. */
export interface DecodedRaster extends Raster {
  format: ImageFormat;
}

/**
 * Decodes a picture to the samples that its file holds, as stored. The format follows from the bytes,
 * not from the name.
 *
 * @throws {DamagedFileError} If the bytes are of no known format (the message names it), damaged or
 * truncated, or the picture has more than `maxPixels` pixels; the message names the file.
 * @example
 * ```ts
 * import { decodeRaster, encodePng } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const bytes = encodePng({ width: 1, height: 1, channels: 1, data: new Uint8Array([9]) });
 * const { data, format } = await decodeRaster(bytes, { file: "grey.png" });
 * assert.deepEqual([[...data], format.name], [[9], "PNG"]);
 * ```
 */
export async function decodeRaster(
  bytes: Uint8Array,
  options: DecodeOptions,
): Promise<DecodedRaster> {
  const format = formatOf(bytes);
  if (format === null) {
    throw new DamagedFileError(`Cannot decode image "${options.file}": ${nameForeign(bytes)}`);
  }
  return { ...await format.decode(bytes, options), format };
}

/**
 * Decodes a picture to 8 bits a channel, upright, RGB unless `channels` says otherwise. Grey is
 * repeated over the channels, what is transparent is laid over white as viewers do, and samples of
 * more than 8 bits are scaled from `range`, never cut to their high byte.
 *
 * @throws {DamagedFileError} If the bytes are of no known format, damaged or truncated, the picture
 * has other channels or more than `maxPixels` pixels; the message names the file.
 * @example
 * ```ts
 * import { decodeImage, encodePng } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const bytes = encodePng({ width: 1, height: 1, channels: 1, data: new Uint8Array([9]) });
 * assert.deepEqual([...(await decodeImage(bytes, { file: "grey.png" })).data], [9, 9, 9]);
 * ```
 */
export async function decodeImage(
  bytes: Uint8Array,
  options: DecodeOptions & PictureOptions,
): Promise<RgbImage> {
  const { format, ...raster } = await decodeRaster(bytes, options);
  const image = toLevels(raster, options);
  return options.orientation === "ignore" ? image : orientImage(image, format.orientation(bytes));
}

/**
 * Decodes a label map: the palette indices of a palette PNG, or the values of a grey one, as they are
 * stored: grey of 2 and 4 bits is not stretched to 0..255, as viewers do. 16-bit grey must fit into 8
 * bits.
 *
 * @throws {DamagedFileError} If the file is no PNG, damaged or truncated, holds colours instead of
 * indices, is a JPEG (which alters values), has a 16-bit value above 255, or more than `maxPixels`
 * pixels; the message names it.
 * @example
 * ```ts
 * import { decodeLabel, encodePng } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const bytes = encodePng({ width: 2, height: 1, channels: 1, data: new Uint8Array([0, 255]) });
 * assert.deepEqual([...decodeLabel(bytes, { file: "label.png" }).data], [0, 255]);
 * ```
 */
export function decodeLabel(bytes: Uint8Array, options: DecodeOptions): LabelMap {
  const { file } = options;
  if (isJpeg(bytes)) {
    throw new DamagedFileError(
      `Cannot read labels from JPEG "${file}": JPEG alters class indices, save labels as PNG`,
    );
  }
  if (!isPng(bytes)) {
    throw new DamagedFileError(
      `Cannot read labels from "${file}": ` +
        (bytes.length === 0 ? "the file is empty" : "it is no PNG, save labels as PNG"),
    );
  }
  const { width, height, channels, data } = decodePng(bytes, options);
  if (channels >= 3) {
    throw new DamagedFileError(
      `Cannot read labels from "${file}": it holds ${channels === 3 ? "RGB" : "RGBA"} colours, ` +
        `not class indices: convert it to a grey or palette PNG whose pixel value is the class index`,
    );
  }
  if (channels === 1 && data instanceof Uint8Array) {
    return { width, height, data };
  }
  const label = new Uint8Array(width * height);
  for (let i = 0; i < label.length; i++) {
    const value = data[i * channels]!;
    if (value > 255) {
      throw new DamagedFileError(
        `Cannot read labels from "${file}": value ${value} at column ${i % width}, row ` +
          `${Math.floor(i / width)} does not fit 8 bits`,
      );
    }
    label[i] = value;
  }
  return { width, height, data: label };
}
