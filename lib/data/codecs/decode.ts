/**
 * Decoding of images, from any supported format to 8-bit RGB, and of label maps, from PNG to class
 * indices.
 *
 * @module
 */
import { decodeJpeg, isJpeg } from "./jpeg.ts";
import { type DecodeOptions, decodePng, isPng, type PngImage } from "./png_decode.ts";
import { DamagedFileError, type LabelMap, type RgbImage } from "../dataset.ts";
import { readBytes } from "./read_bytes.ts";

/**
 * Decodes a JPEG or PNG to 8-bit RGB. The format follows from the bytes, not from the name. Grey is
 * repeated over the channels, alpha is dropped, 16-bit samples keep their high byte.
 *
 * @throws {DamagedFileError} If the bytes are neither, damaged or truncated, or the image has more
 * than `maxPixels` pixels; the message names the file.
 * @example
 * ```ts
 * import { decodeImage, encodePng } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const bytes = encodePng({ width: 1, height: 1, channels: 1, data: new Uint8Array([9]) });
 * assert.deepEqual([...(await decodeImage(bytes, { file: "grey.png" })).data], [9, 9, 9]);
 * ```
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<RgbImage> {
  if (isJpeg(bytes)) return await decodeJpeg(bytes, options);
  if (isPng(bytes)) return toRgb(decodePng(bytes, options), options.file);
  throw new DamagedFileError(
    `Cannot decode image "${options.file}": ` +
      (bytes.length === 0 ? "the file is empty" : "it is neither JPEG nor PNG, convert it to one"),
  );
}

function toRgb(png: PngImage, file: string): RgbImage {
  const { width, height, channels, bitDepth, data: source, palette } = png;
  const pixels = width * height;
  if (channels === 3 && bitDepth === 8) return { width, height, data: source as Uint8Array };
  const data = new Uint8Array(pixels * 3);
  if (palette) {
    for (let i = 0, to = 0; i < pixels; i++) {
      const from = source[i]! * 3;
      if (from >= palette.length) {
        throw new DamagedFileError(
          `Cannot decode PNG "${file}": index ${source[i]} has no colour in its palette`,
        );
      }
      data[to++] = palette[from]!;
      data[to++] = palette[from + 1]!;
      data[to++] = palette[from + 2]!;
    }
    return { width, height, data };
  }
  const shift = bitDepth === 16 ? 8 : 0;
  const scale = bitDepth < 8 ? 255 / ((1 << bitDepth) - 1) : 1;
  const [green, blue] = channels >= 3 ? [1, 2] : [0, 0];
  for (let i = 0, from = 0, to = 0; i < pixels; i++, from += channels) {
    data[to++] = (source[from]! >> shift) * scale;
    data[to++] = (source[from + green]! >> shift) * scale;
    data[to++] = (source[from + blue]! >> shift) * scale;
  }
  return { width, height, data };
}

/**
 * Reads a JPEG or PNG file; the format follows from its bytes.
 *
 * @throws {DamagedFileError} If the file is damaged, neither JPEG nor PNG, or has more than 1 GiB or
 * 2²⁶ pixels; names it.
 * @throws {Error} If the file cannot be read, or is a pipe or a device; names it.
 * @example
 * ```ts
 * import { encodePng, readImage } from "@segadv/segadv/data";
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const file = join(await mkdtemp(join(tmpdir(), "segadv-")), "red.png");
 * const data = new Uint8Array([255, 0, 0]);
 * await writeFile(file, encodePng({ width: 1, height: 1, channels: 3, data }));
 * assert.deepEqual(await readImage(file), { width: 1, height: 1, data });
 * ```
 */
export async function readImage(file: string): Promise<RgbImage> {
  return await decodeImage(await readBytes(file), { file });
}

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
