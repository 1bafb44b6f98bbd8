/**
 * Gaussian blur, as torchvision's GaussianBlur: edges reflected, rounded to the nearest level.
 *
 * @module
 */
import { z } from "zod";
import { exactExp } from "../../../util/exact_math.ts";
import { optionsSchema } from "../../../util/registry.ts";
import { field, positive, wants } from "../../../util/schema.ts";
import { probability, range, within } from "./_fields.ts";
import type { Augmentation, Crop } from "./augmentation.ts";

const options = optionsSchema({
  p: probability(0.5),
  sigma: field(range(positive), {
    fallback: [0.1, 2],
    about: "Standard deviation in pixels, drawn uniformly from [min, max].",
  }),
  kernelSize: field(
    z.nullable(z.int().min(1).max(99).refine((n) => n % 2 === 1, wants("an odd number"))),
    {
      fallback: null,
      about: "Side of the kernel in pixels, an odd number; null: 2 * ceil(3 * sigma) + 1.",
    },
  ),
});

type BlurOptions = z.output<typeof options>;

/** Blurs a share of the images; labels stay. */
export const gaussianBlur: Augmentation = {
  name: "gaussian-blur",
  summary: "blur by a Gaussian of random width, as torchvision's GaussianBlur",
  options,
  pixels(crop, given, rng) {
    const { p, sigma: sigmas, kernelSize } = given as BlurOptions;
    if (!(rng.uniform() < p)) return;
    const sigma = within(rng, sigmas);
    blur(crop, { sigma, kernelSize: kernelSize ?? 2 * Math.ceil(3 * sigma) + 1 });
  },
};

/** Blurs an image in place, rows and then columns. A kernel is cut where it would reflect twice. */
export function blur(
  { width, height, image }: Pick<Crop, "width" | "height" | "image">,
  { sigma, kernelSize }: { sigma: number; kernelSize: number },
): void {
  const weights = (side: number): Float64Array =>
    kernelOf(sigma, Math.min(kernelSize, 2 * side - 1));
  const rows = new Float32Array(image.length);
  const [across, down] = [weights(width), weights(height)];
  const row = width * 3;
  const columns = taps(width, across.length, 3);
  for (let start = 0; start < image.length; start += row) {
    for (let x = 0, at = start; x < width; x++, at += 3) {
      let [red, green, blue] = [0, 0, 0];
      for (let k = 0, tap = x * across.length; k < across.length; k++, tap++) {
        const from = start + columns[tap]!;
        const weight = across[k]!;
        red += weight * image[from]!;
        green += weight * image[from + 1]!;
        blue += weight * image[from + 2]!;
      }
      rows[at] = red;
      rows[at + 1] = green;
      rows[at + 2] = blue;
    }
  }
  const lines = taps(height, down.length, row);
  const sums = new Float64Array(row);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = 0, tap = y * down.length; k < down.length; k++, tap++) {
      const from = lines[tap]!;
      const weight = down[k]!;
      for (let x = 0; x < row; x++) sums[x]! += weight * rows[from + x]!;
    }
    for (let x = 0; x < row; x++) image[y * row + x] = sums[x]! + 0.5; // a byte has no fraction
  }
}

/** Weights of a Gaussian at whole pixels, which sum to 1. */
function kernelOf(sigma: number, size: number): Float64Array {
  const middle = (size - 1) / 2;
  const weights = Float64Array.from(
    { length: size },
    (_, i) => exactExp(Math.max(-700, -0.5 * ((i - middle) / sigma) ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** Offsets of the pixels that each pixel of a side reads, reflected at its ends. */
function taps(side: number, size: number, stride: number): Int32Array {
  const offsets = new Int32Array(side * size);
  const middle = (size - 1) / 2;
  for (let x = 0, at = 0; x < side; x++) {
    for (let k = -middle; k <= middle; k++) {
      const from = Math.abs(x + k);
      offsets[at++] = (from < side ? from : 2 * side - 2 - from) * stride;
    }
  }
  return offsets;
}
