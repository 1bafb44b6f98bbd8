/**
 * Gaussian noise on every channel of every pixel, as albumentations' GaussNoise.
 *
 * @module
 */
import type { z } from "zod";
import { inverseNormal } from "../../../util/random.ts";
import { optionsSchema } from "../../../util/registry.ts";
import { field, nonNegative } from "../../../util/schema.ts";
import { probability, range, within } from "./_fields.ts";
import type { Augmentation } from "./augmentation.ts";

const options = optionsSchema({
  p: probability(0.5),
  std: field(range(nonNegative.max(1)), {
    fallback: [0.01, 0.05],
    about: "Standard deviation as a share of 255, drawn uniformly from [min, max].",
  }),
});

/** As many quantiles of the normal distribution as 12 random bits tell apart. */
const QUANTILES = 4096;
let quantiles: Float64Array | null = null;

/** Adds noise to a share of the images; labels stay. */
export const gaussianNoise: Augmentation = {
  name: "gaussian-noise",
  summary: "normal noise on each channel, as albumentations' GaussNoise",
  options,
  pixels({ image }, given, rng) {
    const { p, std } = given as z.output<typeof options>;
    if (!(rng.uniform() < p)) return;
    const deviation = within(rng, std) * 255;
    quantiles ??= Float64Array.from(
      { length: QUANTILES },
      (_, i) => inverseNormal((i + 0.5) / QUANTILES),
    );
    const noise = quantiles.map((quantile) => quantile * deviation + 0.5);
    for (let i = 0; i < image.length; i += 2) {
      const bits = rng.bits();
      image[i] = clamped(image[i]! + noise[bits & 4095]!);
      if (i + 1 < image.length) {
        image[i + 1] = clamped(image[i + 1]! + noise[(bits >>> 12) & 4095]!);
      }
    }
  },
};

function clamped(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value; // a byte has no fraction
}
