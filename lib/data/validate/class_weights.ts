/**
 * Loss weights that make up for rare classes.
 *
 * @module
 */

/** Weights in class order, `null` for a class that never occurs. */
export interface ClassWeights {
  /** Median of the class frequencies over the class' own (Eigen & Fergus 2015, SegNet). */
  medianFrequency: (number | null)[];
  /** 1 / ln(1.02 + p), p the share of the class (Paszke et al. 2016, ENet). */
  enet: (number | null)[];
}

/** Counts in class order. */
export interface ClassCounts {
  /** Pixels of each class. */
  pixels: readonly number[];
  /** Pixels, ignored ones too, of the samples in which the class occurs. */
  pixelsAround: readonly number[];
}

/**
 * Suggests loss weights. For the median frequency a class' frequency is its pixels over all pixels
 * of the samples that hold it; ENet's share is that of all pixels with a class.
 *
 * @example
 * ```ts
 * import { classWeights } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * // Ten pixels in one image: 8 road, 2 car, no bus.
 * const weights = classWeights({ pixels: [8, 2, 0], pixelsAround: [10, 10, 0] });
 * assert.deepEqual(weights.medianFrequency, [0.625, 2.5, null]);
 * ```
 */
export function classWeights({ pixels, pixelsAround }: ClassCounts): ClassWeights {
  const frequencies = pixels.map((count, c) => count > 0 ? count / pixelsAround[c]! : null);
  const middle = median(frequencies.filter((frequency) => frequency !== null));
  const total = pixels.reduce((a, b) => a + b, 0);
  return {
    medianFrequency: frequencies.map((frequency) => frequency === null ? null : middle / frequency),
    enet: pixels.map((count) => count > 0 ? 1 / Math.log(1.02 + count / total) : null),
  };
}

/** The middle value, or the mean of the two in the middle; 0 of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}
