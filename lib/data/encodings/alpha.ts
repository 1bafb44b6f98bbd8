/**
 * Masks whose shape stands in the alpha channel, over one colour.
 *
 * @module
 */
import { z } from "zod";
import { DamagedFileError, type LabelMap } from "../dataset.ts";
import type { LabelEncoding } from "./encoding.ts";

/** The alpha encoding. */
export const alphaEncoding: LabelEncoding = {
  name: "alpha",
  summary: "the alpha channel is the mask: transparent is class 0, opaque class 1",
  options: z.strictObject({}),
  describe: () => "masks in the alpha channel, from half opaque up class 1",
  decode({ width, height, channels, bitDepth, data }, _config, { file }): LabelMap {
    if (channels !== 2 && channels !== 4) {
      throw new DamagedFileError(`Cannot read labels from "${file}": it has no alpha channel`);
    }
    const half = bitDepth === 16 ? 32_768 : 128;
    const label = new Uint8Array(width * height);
    for (let i = 0; i < label.length; i++) {
      label[i] = data[(i + 1) * channels - 1]! >= half ? 1 : 0;
    }
    return { width, height, data: label };
  },
};
