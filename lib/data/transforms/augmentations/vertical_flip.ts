/**
 * Mirroring top to bottom, as torchvision's RandomVerticalFlip.
 *
 * @module
 */
import { optionsSchema } from "../../../util/registry.ts";
import { probability } from "./_fields.ts";
import type { Augmentation } from "./augmentation.ts";

const options = optionsSchema({ p: probability(0.5) });

/** Mirrors a share of the samples; the crop lies anywhere, so that of the mirrored image is its mirror. */
export const verticalFlip: Augmentation = {
  name: "vertical-flip",
  summary: "mirroring top to bottom, as torchvision's RandomVerticalFlip",
  options,
  pixels({ width, height, image, label }, { p }, rng) {
    if (!(rng.uniform() < (p as number))) return;
    swapRows(image, { height, length: width * 3 });
    swapRows(label, { height, length: width });
  },
};

function swapRows(
  values: Uint8Array,
  { height, length }: { height: number; length: number },
): void {
  for (let top = 0, bottom = height - 1; top < bottom; top++, bottom--) {
    const row = values.slice(top * length, (top + 1) * length);
    values.copyWithin(top * length, bottom * length, (bottom + 1) * length);
    values.set(row, bottom * length);
  }
}
