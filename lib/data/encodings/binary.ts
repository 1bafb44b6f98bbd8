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
    // Grey of 1 bit says 1 where the same mask of 8 bits says 255
    const scale = raster.palette === undefined && raster.bitDepth < 8 && value === 255
      ? 255 / ((1 << raster.bitDepth) - 1)
      : 1;
    const least = threshold as number;
    for (let i = 0; i < label.data.length; i++) {
      const level = label.data[i]! * scale;
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

/** JPEG alters the channels of a grey mask by a level or two. */
function toGrey(raster: MaskRaster): MaskRaster {
  if (!raster.lossy || raster.channels < 3) return raster;
  const { width, height, channels, data } = raster;
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) grey[i] = data[i * channels + 1]!;
  return { width, height, channels: 1, bitDepth: 8, data: grey, lossy: true };
}
