/**
 * Erases a rectangle (Zhong et al. 2020), as torchvision's RandomErasing; its labels become the
 * ignore label, so that nothing is learned of what cannot be seen.
 *
 * @module
 */
import type { z } from "zod";
import { exactExp, exactLog } from "../../../util/exact_math.ts";
import { optionsSchema } from "../../../util/registry.ts";
import { field, fraction, positive } from "../../../util/schema.ts";
import { probability, range, within } from "./_fields.ts";
import type { Augmentation } from "./augmentation.ts";

const options = optionsSchema({
  p: probability(0.5),
  scale: field(range(fraction), {
    fallback: [0.02, 0.33],
    about: "Area of the rectangle as a share of the crop's, drawn uniformly from [min, max].",
  }),
  ratio: field(range(positive), {
    fallback: [0.3, 3.3],
    about: "Width over height of the rectangle, drawn log-uniformly from [min, max].",
  }),
});

/** Rectangles that are tried; where none fits the crop stays as it is. */
const TRIES = 10;

/** Erases a rectangle of a share of the samples. */
export const randomErasing: Augmentation = {
  name: "random-erasing",
  summary: "a rectangle of the mean colour, ignored, as torchvision's RandomErasing",
  options,
  pixels({ width, height, image, label, fill, ignoreLabel }, given, rng) {
    const { p, scale, ratio } = given as z.output<typeof options>;
    if (!(rng.uniform() < p)) return;
    const logs = ratio.map(exactLog) as [number, number];
    for (let tries = 0; tries < TRIES; tries++) {
      const area = within(rng, scale) * width * height;
      const shape = exactExp(within(rng, logs));
      const across = Math.round(Math.sqrt(area * shape));
      const down = Math.round(Math.sqrt(area / shape));
      if (across >= width || down >= height) continue;
      const left = rng.integer(width - across + 1);
      const top = rng.integer(height - down + 1);
      for (let y = top; y < top + down; y++) {
        const start = y * width + left;
        label.fill(ignoreLabel, start, start + across);
        for (let i = start * 3; i < (start + across) * 3; i++) image[i] = fill[i % 3]!;
      }
      return;
    }
  },
};
