/**
 * A sweep as planned: trials over a common base, seeds, and the trial to compare with.
 *
 * @module
 */

/** One value of the configuration and where it was written. */
export interface Setting {
  /** Dotted name, such as `adversarial.tg`. */
  key: string;
  value: unknown;
  /** `file:line:column`, or `null` where there is no file. */
  where: string | null;
}

/** Pixel accuracy and mean IoU that were published for a trial, in per cent. */
export interface Published {
  pAcc: number;
  mIoU: number;
}

/** What a trial cost where it was published. */
export interface PublishedCost {
  minutesPerEpoch: number;
  /** Numbers of parameters. */
  segmentation: number;
  discriminator: number;
}

/** One trial of a grid: a name and what it changes. */
export interface GridTrial {
  /** Absent: made from the settings. */
  name?: string;
  settings: Setting[];
  /** Absent where the trial reproduces nothing. */
  published?: Published;
  publishedCost?: PublishedCost;
  where: string | null;
}

/** Values that one key runs through. */
export interface GridAxis {
  key: string;
  values: { value: unknown; where: string | null }[];
}

/** Which validation of a run counts: its last, or its best (which is chosen on the same data). */
export type ScoredValidation = "last" | "best";

/** A sweep as it was asked for. */
export interface Grid {
  name: string;
  /** Preset to start from. */
  preset: string | null;
  /** Configuration file to start from. */
  config: string | null;
  /** Values common to all trials. */
  set: Setting[];
  seeds: number[];
  /** Cartesian product of these, and the listed trials after it. */
  axes: GridAxis[];
  trials: GridTrial[];
  /** What the others are compared with; `null` compares nothing. */
  baseline: GridTrial | null;
  score: ScoredValidation;
}
