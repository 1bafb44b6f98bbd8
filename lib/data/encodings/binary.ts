/**
 * Masks of two values: everything from a threshold up is the object, class 1.
 *
 * @module
 */
import { z } from "zod";
import { DamagedFileError, type LabelMap } from "../dataset.ts";
import type { LabelEncoding } from "./encoding.ts";
import { singleValues } from "./index_values.ts";
import { type MaskRaster, placeOf } from "./mask_raster.ts";

/** The binary encoding. */
export const binaryEncoding: LabelEncoding = {
  name: "binary",
  summary: "0/255 masks: 0 is class 0, the other value class 1",
  options: z.strictObject({
    /** Least value of the object. */
    threshold: z.optional(z.int().min(1).max(255)),
    /** The only value beside 0 that may occur; absent: any. */
    value: z.optional(z.int().min(1).max(255)),
  }),
  describe: ({ value, threshold = 128 }) =>
    value === undefined ? `two classes, the second from ${threshold} up` : `0/${value} masks`,
  decode(raster, { threshold = 128, value }, { file }): LabelMap {
    const label = singleValues(toGrey(raster), file);
    const { bitDepth, palette } = raster;
    // Grey of 1 bit says 1 where the same mask of 8 bits says 255, and a palette white
    const scale = palette === undefined && bitDepth < 8 && value === 255
      ? 255 / ((1 << bitDepth) - 1)
      : 1;
    const isWhite = (index: number): boolean =>
      value === 255 && palette !== undefined && index > 0 &&
      [palette[index * 3], palette[index * 3 + 1], palette[index * 3 + 2]].join() === "255,255,255";
    const white = Array.from({ length: 256 }, (_, index) => isWhite(index));
    const least = threshold as number;
    for (let i = 0; i < label.data.length; i++) {
      const own = label.data[i]!;
      const level = white[own] ? 255 : own * scale;
      if (value !== undefined && level !== 0 && level !== value) {
        throw new DamagedFileError(
          `Cannot read labels from "${file}": value ${level} at ${placeOf(i, raster)} of a ` +
            `0/${value} mask`,
        );
      }
      label.data[i] = (value === undefined ? level >= least : level !== 0) ? 1 : 0;
    }
    return label;
  },
};

/** One channel of 8 bits: JPEG alters the channels of a grey mask by a level or two. */
function toGrey(raster: MaskRaster): MaskRaster {
  if (raster.bitDepth === 16 && raster.data.every((value) => value % 257 === 0)) {
    const data = Uint8Array.from(raster.data, (value) => value / 257);
    return { ...raster, bitDepth: 8, data };
  }
  if (!raster.lossy || raster.channels < 3) return raster;
  const { width, height, channels, data } = raster;
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) grey[i] = data[i * channels + 1]!;
  return { width, height, channels: 1, bitDepth: 8, data: grey, lossy: true };
}
