/**
 * Quarter turns, as albumentations' RandomRotate90.
 *
 * @module
 */
import { optionsSchema } from "../../../util/registry.ts";
import { probability } from "./_fields.ts";
import type { Augmentation } from "./augmentation.ts";

const options = optionsSchema({ p: probability(1) });

/** Turns a share of the samples by 0, 90, 180 or 270 degrees, each as often; no pixel is interpolated. */
export const rotate90: Augmentation = {
  name: "rotate-90",
  summary: "turns by 0, 90, 180 or 270 degrees, as albumentations' RandomRotate90",
  options,
  geometry({ p }, rng) {
    const [u, v] = [rng.uniform(), rng.uniform()];
    const quarterTurns = u < (p as number) ? Math.floor(v * 4) : 0;
    return { zoom: 1, angle: 0, flip: false, quarterTurns };
  },
};
