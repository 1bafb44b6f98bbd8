import { decodePng } from "../codecs/png_decode.ts";
import type { LabelMap } from "../dataset.ts";

/**
 * The mask in a PNG that stands in an annotation file: its alpha channel where it has one, else what is
 * not 0 in its first channel.
 *
 * @throws {RangeError} If it is no PNG.
 */
export function maskOfPng(bytes: Uint8Array): LabelMap {
  try {
    const { width, height, channels, data } = decodePng(bytes, { file: "mask" });
    const at = channels % 2 === 0 ? channels - 1 : 0;
    const mask = new Uint8Array(width * height);
    for (let i = 0; i < mask.length; i++) mask[i] = data[i * channels + at]! > 0 ? 1 : 0;
    return { width, height, data: mask };
  } catch (error) {
    throw new RangeError(`a mask is no whole PNG: ${(error as Error).message}`, { cause: error });
  }
}
