/**
 * A seeded split of a folder that has none, with each class on both sides where it can be.
 *
 * @module
 */
import { sha256 } from "../../util/hash.ts";
import type { SplitHints } from "./folder_layout.ts";

/** A sample and what its label holds. */
export interface SplitSample {
  name: string;
  /** Values or colours. */
  present: readonly number[];
}

/**
 * The names to validate on. Samples are ordered by their rarest class and, within it, by a hash of
 * their names, and taken at even distances: so the split depends neither on the order of files nor
 * on where they lie, and each class is divided as the whole is.
 */
export function drawValidation(samples: readonly SplitSample[], rule: SplitHints): string[] {
  const counts = new Map<number, number>();
  for (const { present } of samples) {
    for (const value of present) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const rarest = ({ present }: SplitSample): number =>
    present.reduce((least, value) => {
      const [a, b] = [counts.get(value)!, counts.get(least)!];
      return a < b || a === b && value < least ? value : least;
    }, present[0] ?? -1);
  const keyed = samples.map((sample) => {
    const value = rarest(sample);
    return {
      name: sample.name,
      count: counts.get(value) ?? 0,
      value,
      hash: sha256([new TextEncoder().encode(sample.name)]),
    };
  });
  keyed.sort((a, b) =>
    a.count - b.count || a.value - b.value || (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0)
  );
  const { valFraction = 0.2, folds = 0, fold = 0 } = rule;
  const isDrawn = (i: number): boolean =>
    folds > 0
      ? i % folds === fold
      : Math.floor((i + 1) * valFraction + 0.5) > Math.floor(i * valFraction + 0.5);
  const drawn = keyed.filter((_, i) => isDrawn(i)).map(({ name }) => name);
  // At least one on either side
  if (drawn.length === 0 && keyed.length > 1) drawn.push(keyed[keyed.length >> 1]!.name);
  if (drawn.length === keyed.length) drawn.pop();
  return drawn.sort();
}
