/**
 * Random zoom, rotation and mirroring (method.md, "Data").
 *
 * @module
 */
import { z } from "zod";
import { exactExp, exactLog } from "../../../util/exact_math.ts";
import { optionsSchema } from "../../../util/registry.ts";
import { field, nonNegative, positive, wants } from "../../../util/schema.ts";
import type { Augmentation } from "./augmentation.ts";

const options = optionsSchema({
  zoom: field(
    z.tuple([positive, positive], wants("[min, max]"))
      .refine(([min, max]) => min <= max, wants("[min, max] with min at most max")),
    {
      fallback: [0.5, 2],
      about: "Zoom factor, drawn log-uniformly from [min, max]; [1, 1] switches it off.",
      source: "Table 4-1",
    },
  ),
  rotate: field(nonNegative.max(180), {
    fallback: 10,
    about: "Largest rotation in degrees, either way.",
    source: "Table 4-1",
  }),
  flip: field(z.boolean(), {
    fallback: true,
    about: "Mirror half of the samples left to right.",
    source: "§4.1",
  }),
});

/** Options of {@linkcode affine}. */
export type AffineOptions = z.output<typeof options>;

/** Zooms by a log-uniform factor, rotates uniformly and mirrors every other sample. */
export const affine: Augmentation = {
  name: "affine",
  summary: "zoom, rotation and mirroring, in one interpolation with the crop",
  options,
  geometry({ zoom: [low, high], rotate, flip }: AffineOptions, rng) {
    const [u, v, w] = [rng.uniform(), rng.uniform(), rng.uniform()];
    const logLow = exactLog(low);
    return {
      zoom: low === high ? low : exactExp(logLow + u * (exactLog(high) - logLow)),
      angle: (2 * v - 1) * rotate * Math.PI / 180 || 0,
      flip: flip && w < 0.5,
    };
  },
};
