/**
 * Decoding of label maps: PNG to class indices.
 *
 * @module
 */
import { DamagedFileError, type LabelMap } from "../dataset.ts";
import { isJpeg } from "./jpeg.ts";
import { type DecodeOptions, decodePng, isPng } from "./png_decode.ts";

/**
 * Decodes a label map: the palette indices of a palette PNG, or the values of a grey one. Values
 * equal those that Pillow gives: grey of 2 and 4 bits is stretched to 0..255, of 1 bit stays 0..1;
 * 16-bit grey must fit into 8 bits.
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
  const { width, height, channels, bitDepth, data, palette } = decodePng(bytes, options);
  if (channels >= 3) {
    throw new DamagedFileError(
      `Cannot read labels from "${file}": it holds ${channels === 3 ? "RGB" : "RGBA"} colours, ` +
        `not class indices: convert it to a grey or palette PNG whose pixel value is the class index`,
    );
  }
  if (channels === 1 && data instanceof Uint8Array) {
    if (!palette && (bitDepth === 2 || bitDepth === 4)) {
      const scale = bitDepth === 2 ? 85 : 17;
      for (let i = 0; i < data.length; i++) data[i] = data[i]! * scale;
    }
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
