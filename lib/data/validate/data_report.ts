/**
 * The report of an inspected data set.
 *
 * @module
 */
import type { ClassInfo } from "../dataset.ts";
import type { ClassWeights } from "./class_weights.ts";

/** `error`: training on the data would be wrong. `warning`: it may be. `note`: good to know. */
export type Severity = "error" | "warning" | "note";

/** One thing that was found. */
export interface Finding {
  severity: Severity;
  /** Split it was found in; `null` where it concerns several. */
  split: string | null;
  /** One line that names the files and the remedy. */
  message: string;
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
  /** Pixels of each class, in class order. */
  pixels: number[];
  /** Samples in which each class occurs, in class order. */
  images: number[];
  /** Pixels with the ignore label. */
  ignored: number;
  /** Samples of whose pixels less than 1 % have a class. */
  nearEmpty: string[];
  /** Samples whose pixels have one class only, or are ignored. */
  uniform: string[];
  /** RGB means of all pixels read, 0..255. */
  mean: [number, number, number];
  /** RGB standard deviations of all pixels read, 0..255. */
  std: [number, number, number];
}

/** What a data set holds and what is wrong with it. */
export interface DataReport {
  /** Whether nothing was found that would make training on it wrong. */
  ok: boolean;
  /** Name of the reader. */
  reader: string;
  dir: string | null;
  classes: ClassInfo[];
  ignoreLabel: number;
  splits: SplitReport[];
  /** Faults first. */
  findings: Finding[];
  /** Loss weights by the class frequencies of the first split. */
  weights: ClassWeights;
}
