/**
 * The report of an inspected data set, with loss weights that make up for rare classes.
 *
 * @module
 */
import { exactLog } from "../../util/exact_math.ts";
import type { ClassInfo } from "../dataset.ts";
import type { FolderLayout } from "../layout/folder_layout.ts";
import type { ResolvedPictures } from "../pictures/resolve_pictures.ts";

/** `error`: training on the data would be wrong. `warning`: it may be. `note`: good to know. */
export type Severity = "error" | "warning" | "note";

/** One thing that was found. */
export interface Finding {
  severity: Severity;
  /** Split it was found in; `null` where it concerns several. */
  split: string | null;
  /** One line that names the files and the remedy. */
  message: string;
  /** The first samples that it is about; absent where it is about none in particular. */
  samples?: SampleName[];
}

/** A sample of one of several splits. */
export interface SampleName {
  split: string;
  id: string;
}

/** Samples that a finding lists. */
export const MOST_SAMPLES = 200;

/** Samples of a split, as a finding lists them. */
export function samplesOf(split: string, ids: readonly string[]): SampleName[] {
  return ids.slice(0, MOST_SAMPLES).map((id) => ({ split, id }));
}

/** Connected regions of one class. Sizes are in pixels, known to a quarter of a doubling. */
export interface ObjectSizes {
  count: number;
  /** Those of less than 32×32 pixels. */
  small: number;
  smallest: number;
  median: number;
  largest: number;
}

/** Least, middle and largest side of images, in pixels, and how many sizes there are. */
export interface SizeSummary {
  /** `[width, height]`, each the least of all images. */
  min: [width: number, height: number];
  /** Median of the widths and of the heights. */
  median: [width: number, height: number];
  max: [width: number, height: number];
  distinct: number;
}

/** A sample that cannot be read. */
export interface BrokenSample {
  id: string;
  message: string;
}

/** What one split holds. */
export interface SplitReport {
  split: string;
  /** Samples in the split. */
  samples: number;
  /** Samples read. */
  read: number;
  broken: BrokenSample[];
  /** `null` where no sample could be read. */
  sizes: SizeSummary | null;
  /** Pixels of each label value, 0..255. */
  histogram: number[];
  /** Label values that are neither a class nor ignored: the first sample of each, and their number. */
  strays: { value: number; first: string; samples: number }[];
  /** Pixels of each class, in class order. */
  pixels: number[];
  /** Samples in which each class occurs, in class order. */
  images: number[];
  /** Pixels with the ignore label. */
  ignored: number;
  /** Samples by the number of classes that occur in them: none, one, two, … */
  classesPerImage: number[];
  /** Objects of each class, in class order; none where images were not decoded. */
  objects: ObjectSizes[];
  /** Samples of whose pixels less than 1 % have a class. */
  nearEmpty: string[];
  /** Samples whose pixels have one class only, or are ignored. */
  uniform: string[];
  /** Mean of each channel of all pixels read, 0..255. */
  mean: number[];
  /** Standard deviation of each channel of all pixels read, 0..255. */
  std: number[];
}

/** What a data set holds and what is wrong with it. */
export interface DataReport {
  /** Whether nothing was found that would make training on it wrong. */
  ok: boolean;
  /** Name of the reader. */
  reader: string;
  dir: string | null;
  /** How the folder is read; `null` for readers that know. */
  layout: FolderLayout | null;
  /** One line that says so; `null` where it was not found out now. */
  said: string | null;
  /** How pictures are read; `null` where that cannot be found out. */
  pictures: ResolvedPictures | null;
  classes: ClassInfo[];
  ignoreLabel: number;
  splits: SplitReport[];
  /** Faults first. */
  findings: Finding[];
  /** Loss weights by the class frequencies of the first split. */
  weights: ClassWeights;
}

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
    enet: pixels.map((count) => count > 0 ? 1 / exactLog(1.02 + count / total) : null),
  };
}

/** The middle value, or the mean of the two in the middle; 0 of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}
