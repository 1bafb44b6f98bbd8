/**
 * CutMix (Yun et al. 2019): a rectangle of another sample of the batch, with its labels.
 *
 * @module
 */
import type { z } from "zod";
import { exactExp, exactLog } from "../../../util/exact_math.ts";
import type { RandomStream } from "../../../util/random.ts";
import { optionsSchema } from "../../../util/registry.ts";
import { field, positive } from "../../../util/schema.ts";
import { probability } from "./_fields.ts";
import type { Augmentation, MixedCrop } from "./augmentation.ts";

const options = optionsSchema({
  p: probability(0.5),
  alpha: field(positive.max(4), {
    fallback: 1,
    about: "The share of the crop that stays is drawn from Beta(alpha, alpha); 1: uniformly.",
  }),
});

/** Puts into a share of the samples a rectangle of the batch's next one, at the same place. */
export const cutmix: Augmentation = {
  name: "cutmix",
  summary: "a rectangle of the batch's next sample with its labels (Yun et al. 2019)",
  options,
  batch(crops, given, rngOf) {
    const { p, alpha } = given as z.output<typeof options>;
    const first = crops[0]!;
    // What the last one takes, before it is changed
    const original = { ...first, image: first.image.slice(), label: first.label.slice() };
    for (const [i, crop] of crops.entries()) {
      const rng = rngOf(i);
      if (!(rng.uniform() < p)) continue;
      paste(crops[i + 1] ?? original, crop, boxOf(crop, 1 - beta(alpha, rng), rng));
    }
  },
};

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** A rectangle of the crop's shape and a share of its area, cut at the edges. */
function boxOf({ width, height }: MixedCrop, share: number, rng: RandomStream): Box {
  const side = Math.sqrt(share);
  const [x, y] = [rng.uniform() * width, rng.uniform() * height];
  const edge = (at: number, most: number): number => Math.min(most, Math.max(0, Math.round(at)));
  return {
    left: edge(x - side * width / 2, width),
    top: edge(y - side * height / 2, height),
    right: edge(x + side * width / 2, width),
    bottom: edge(y + side * height / 2, height),
  };
}

function paste(from: MixedCrop, into: MixedCrop, { left, top, right, bottom }: Box): void {
  const channels = into.image.length / into.label.length;
  for (let y = top; y < bottom; y++) {
    const [start, end] = [y * into.width + left, y * into.width + right];
    into.label.set(from.label.subarray(start, end), start);
    into.image.set(from.image.subarray(start * channels, end * channels), start * channels);
  }
}

/** Beta(alpha, alpha) by Jöhnk's rejection. */
function beta(alpha: number, rng: RandomStream): number {
  if (alpha === 1) return rng.uniform();
  const power = (u: number): number => u === 0 ? 0 : exactExp(Math.max(-700, exactLog(u) / alpha));
  for (;;) {
    const [x, y] = [power(rng.uniform()), power(rng.uniform())];
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}
