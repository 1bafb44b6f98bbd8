/**
 * The pixel's value, or its index into the palette, is the class index.
 *
 * @module
 */
import { z } from "zod";
import { DamagedFileError, type LabelMap } from "../dataset.ts";
import type { LabelEncoding } from "./encoding.ts";
import { isSingleValued, type MaskRaster, placeOf } from "./mask_raster.ts";

/** The index encoding. */
export const indexEncoding: LabelEncoding = {
  name: "index",
  summary: "grey values or palette indices are class indices",
  options: z.strictObject({
    /** Grey of 2 and 4 bits stretched to 0..255, as viewers show it. */
    stretched: z.optional(z.boolean()),
    /** Subtracted from each value; those below become the ignore label. */
    subtract: z.optional(z.int().min(0).max(255)),
  }),
  describe: ({ stretched, subtract }) =>
    "class indices" + (stretched === true ? ", grey of 2 and 4 bits stretched to 0..255" : "") +
    (subtract === undefined ? "" : `, less ${subtract}`),
  decode(raster, { stretched, subtract = 0 }, { file, ignoreLabel }): LabelMap {
    const label = singleValues(raster, file);
    const { bitDepth, palette } = raster;
    const scale = stretched === true && palette === undefined && (bitDepth === 2 || bitDepth === 4)
      ? 255 / ((1 << bitDepth) - 1)
      : 1;
    if (scale !== 1) label.data.forEach((value, i, all) => all[i] = value * scale);
    const less = subtract as number;
    if (less > 0) {
      label.data.forEach((value, i, all) =>
        all[i] = value < less || value === ignoreLabel ? ignoreLabel : value - less
      );
    }
    return label;
  },
};

/**
 * The one value that each pixel has; the result is a copy.
 *
 * @throws {DamagedFileError} If channels differ, or a value does not fit 8 bits.
 */
export function singleValues(raster: MaskRaster, file: string): LabelMap {
  const { width, height, channels, data } = raster;
  if (!isSingleValued(raster)) {
    throw new DamagedFileError(
      `Cannot read labels from "${file}": it holds colours, not indices; give the classes their ` +
        `colours in classes.json, or save a grey or palette PNG whose pixel value is the class index`,
    );
  }
  const label = new Uint8Array(width * height);
  for (let i = 0; i < label.length; i++) {
    const value = data[i * channels]!;
    if (value > 255) {
      throw new DamagedFileError(
        `Cannot read labels from "${file}": value ${value} at ${placeOf(i, raster)} does not fit ` +
          `8 bits`,
      );
    }
    label[i] = value;
  }
  return { width, height, data: label };
}
