/**
 * The pixel's colour is that of its class: RGB files and palettes alike.
 *
 * @module
 */
import { z } from "zod";
import { DamagedFileError, type LabelMap } from "../dataset.ts";
import type { LabelEncoding } from "./encoding.ts";
import { type MaskRaster, placeOf } from "./mask_raster.ts";

const rgb = z.tuple([
  z.int().min(0).max(255),
  z.int().min(0).max(255),
  z.int().min(0).max(255),
]);

/** The colour encoding. */
export const colorEncoding: LabelEncoding = {
  name: "color",
  summary: "colours of the classes, in RGB or in palettes",
  options: z.strictObject({
    /** Greatest distance of a channel to the nearest class' colour, for JPEG; pixels beyond are ignored. */
    tolerance: z.optional(z.int().min(0).max(255)),
    /** Colours that are left out. */
    ignored: z.optional(z.array(rgb)),
  }),
  describe: ({ tolerance = 0 }) =>
    tolerance === 0
      ? "colours of the classes"
      : `JPEG colours, the nearest class within ${tolerance} levels, others ignored`,
  decode(raster, { tolerance = 0, ignored = [] }, { file, classes, ignoreLabel }): LabelMap {
    const { width, height } = raster;
    const table = new Map<number, number>();
    const known = [
      ...classes.map(({ color }, c) => ({ color, value: c })),
      ...(ignored as [number, number, number][]).map((color) => ({ color, value: ignoreLabel })),
    ];
    for (const { color, value } of known) table.set(colorKey(...color), value);
    const label = new Uint8Array(width * height);
    for (let i = 0; i < label.length; i++) {
      const key = colorAt(raster, i);
      let value = table.get(key);
      if (value === undefined) {
        if (tolerance === 0) {
          throw new DamagedFileError(
            `Cannot read labels from "${file}": the colour ${colorName(key)} at ${
              placeOf(i, raster)
            } is that of no class`,
          );
        }
        const { distance, index } = nearestColor(key, known.map(({ color }) => color));
        value = distance <= (tolerance as number) ? known[index]!.value : ignoreLabel;
        table.set(key, value);
      }
      label[i] = value;
    }
    return { width, height, data: label };
  },
};

/** A colour as one number. */
export function colorKey(red: number, green: number, blue: number): number {
  return red << 16 | green << 8 | blue;
}

/** Such a number as text: `220,40,40`. */
export function colorName(key: number): string {
  return [key >> 16, key >> 8 & 255, key & 255].join();
}

/** The colour of a pixel; grey counts as a colour. */
export function colorAt({ channels, bitDepth, data, palette }: MaskRaster, pixel: number): number {
  const from = pixel * channels;
  if (palette !== undefined) {
    const at = data[from]! * 3;
    return colorKey(palette[at] ?? 0, palette[at + 1] ?? 0, palette[at + 2] ?? 0);
  }
  const level = (value: number): number =>
    bitDepth === 16 ? value >> 8 : bitDepth === 8 ? value : value * 255 / ((1 << bitDepth) - 1);
  const [green, blue] = channels >= 3 ? [1, 2] : [0, 0];
  return colorKey(level(data[from]!), level(data[from + green]!), level(data[from + blue]!));
}

/** The colour of which no channel is further away than of any other. */
export function nearestColor(
  key: number,
  colors: readonly (readonly [number, number, number])[],
): { index: number; distance: number } {
  let best = { index: -1, distance: Infinity };
  for (const [index, [red, green, blue]] of colors.entries()) {
    const distance = Math.max(
      Math.abs((key >> 16) - red),
      Math.abs((key >> 8 & 255) - green),
      Math.abs((key & 255) - blue),
    );
    if (distance < best.distance) best = { index, distance };
  }
  return best;
}
