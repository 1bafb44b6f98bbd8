/**
 * Greyscale images with three equal channels, as torchvision's RandomGrayscale.
 *
 * @module
 */
import { optionsSchema } from "../../../util/registry.ts";
import { probability } from "./_fields.ts";
import type { Augmentation } from "./augmentation.ts";

const options = optionsSchema({ p: probability(0.1) });

const [RED, GREEN, BLUE] = [0.2989, 0.587, 0.114].map(Math.fround) as [number, number, number];
const RED_OF = Float32Array.from({ length: 256 }, (_, level) => RED * level);
const GREEN_OF = Float32Array.from({ length: 256 }, (_, level) => GREEN * level);
const BLUE_OF = Float32Array.from({ length: 256 }, (_, level) => BLUE * level);

/** Luma of an RGB pixel in whole levels (ITU-R 601, in float32 and cut off, as torchvision has it). */
export function luma(red: number, green: number, blue: number): number {
  return Math.fround(Math.fround(RED_OF[red]! + GREEN_OF[green]!) + BLUE_OF[blue]!) | 0;
}

/** Takes the colour from a share of the images. */
export const grayscale: Augmentation = {
  name: "grayscale",
  summary: "a share of the images in grey, as torchvision's RandomGrayscale",
  options,
  pixels({ image }, { p }, rng) {
    if (!(rng.uniform() < (p as number))) return;
    for (let i = 0; i < image.length; i += 3) {
      const grey = luma(image[i]!, image[i + 1]!, image[i + 2]!);
      image[i] = image[i + 1] = image[i + 2] = grey;
    }
  },
};
