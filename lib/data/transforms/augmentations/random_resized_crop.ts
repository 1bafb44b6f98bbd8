/**
 * A random region of a random size and shape, resized to the crop, as torchvision's
 * RandomResizedCrop.
 *
 * @module
 */
import type { z } from "zod";
import { exactExp, exactLog } from "../../../util/exact_math.ts";
import { optionsSchema } from "../../../util/registry.ts";
import { field, positive } from "../../../util/schema.ts";
import { range, within } from "./_fields.ts";
import type { Augmentation } from "./augmentation.ts";

const options = optionsSchema({
  scale: field(range(positive.max(1)), {
    fallback: [0.25, 1],
    about: "Area of the region as a share of the image's, drawn uniformly from [min, max].",
  }),
  ratio: field(range(positive), {
    fallback: [0.75, 4 / 3],
    about: "Width over height of the region, times that of the crop, drawn log-uniformly from " +
      "[min, max]; [1, 1] keeps the shape of things.",
  }),
});

/** Regions that are tried; beyond them the largest one of an allowed shape is taken. */
const TRIES = 10;

/** Zooms so that a region that lies anywhere in the image fills the crop. */
export const randomResizedCrop: Augmentation = {
  name: "random-resized-crop",
  summary: "a region of random size and shape, as torchvision's RandomResizedCrop",
  options,
  geometry(given, rng, { source: { width, height }, crop }) {
    const { scale, ratio } = given as z.output<typeof options>;
    const aspect = crop.width / crop.height;
    const logs = ratio.map(exactLog) as [number, number];
    const draws = Array.from({ length: TRIES }, () => {
      const area = within(rng, scale) * width * height;
      const shape = exactExp(within(rng, logs)) * aspect;
      return { across: Math.sqrt(area * shape), down: Math.sqrt(area / shape) };
    });
    const region = draws.find(({ across, down }) => across <= width && down <= height) ??
      largest({ width, height }, [ratio[0] * aspect, ratio[1] * aspect]);
    const zoom = crop.height / region.down;
    return { zoom, angle: 0, flip: false, stretch: crop.width / region.across / zoom };
  },
};

/** The largest region of an image whose width over height lies in a range. */
function largest(
  { width, height }: { width: number; height: number },
  [least, most]: readonly [number, number],
): { across: number; down: number } {
  if (width / height < least) return { across: width, down: width / least };
  if (width / height > most) return { across: height * most, down: height };
  return { across: width, down: height };
}
