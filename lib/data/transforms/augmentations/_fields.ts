/** Options that several augmentations have. */
import { z } from "zod";
import type { RandomStream } from "../../../util/random.ts";
import { field, wants } from "../../../util/schema.ts";

/** `p`: the share of samples that an augmentation changes. */
export function probability(fallback: number): z.ZodType<number> {
  return field(z.number().min(0).max(1), {
    fallback,
    about: "Share of the samples that are changed.",
  });
}

/** `[min, max]` of values that `each` allows. */
export function range(each: z.ZodNumber): z.ZodType<[number, number]> {
  return z.tuple([each, each], wants("[min, max]"))
    .refine(([min, max]) => min <= max, wants("[min, max] with min at most max"));
}

/** Uniform over `[min, max]`. */
export function within(rng: RandomStream, [min, max]: readonly [number, number]): number {
  return min + rng.uniform() * (max - min);
}
