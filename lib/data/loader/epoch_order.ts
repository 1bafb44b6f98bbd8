/**
 * The order of an epoch's samples, with those of rare classes more often where that is wanted.
 *
 * @module
 */
import { permutation, randomStream } from "../../util/random.ts";

/**
 * How often each image is to be seen an epoch, 1 or more: √(t / f) for the rarest of its classes,
 * which a share f < t of the images holds (repeat factor sampling: Gupta et al. 2019).
 *
 * @param classesOf Classes that occur in each image.
 * @param threshold t.
 * @example
 * ```ts
 * import { repeatFactors } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * // Class 1 is in one of four images.
 * assert.deepEqual(repeatFactors([[0], [0, 1], [0], [0]], 1), [1, 2, 1, 1]);
 * ```
 */
export function repeatFactors(
  classesOf: readonly (readonly number[])[],
  threshold: number,
): number[] {
  const images = new Map<number, number>();
  for (const c of classesOf.flat()) images.set(c, (images.get(c) ?? 0) + 1);
  return classesOf.map((classes) =>
    classes.reduce((most, c) => {
      const share = images.get(c)! / classesOf.length;
      return Math.max(most, Math.sqrt(threshold / share));
    }, 1)
  );
}

/** What an epoch's batches are made of, in order; as many as the split has samples. */
export interface EpochOrder {
  indices: Uint32Array;
  /** Which time each is seen in this epoch, from 0: repetitions are augmented differently. */
  repetitions: Uint32Array;
}

/**
 * The order that (seed, epoch) decides. With `repeats` an image is listed by its factor, a fraction
 * as often as that on average; the list is shuffled and cut at the number of samples, so that an
 * epoch stays as long.
 */
export function epochOrder(
  count: number,
  options: { seed: number; epoch: number; repeats?: readonly number[] | null | undefined },
): EpochOrder {
  const { seed, epoch, repeats } = options;
  const random = randomStream(seed, "order", epoch);
  if (repeats == null) {
    return { indices: permutation(count, random), repetitions: new Uint32Array(count) };
  }
  const rounding = randomStream(seed, "repeats", epoch);
  const listed: [index: number, repetition: number][] = [];
  for (const [index, factor] of repeats.entries()) {
    const times = Math.floor(factor + rounding.uniform());
    for (let repetition = 0; repetition < times; repetition++) listed.push([index, repetition]);
  }
  const chosen = [...permutation(listed.length, random).subarray(0, count)].map((i) => listed[i]!);
  return {
    indices: Uint32Array.from(chosen, ([index]) => index),
    repetitions: Uint32Array.from(chosen, ([, repetition]) => repetition),
  };
}
