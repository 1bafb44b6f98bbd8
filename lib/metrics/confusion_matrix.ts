/**
 * The confusion matrix behind every score.
 *
 * @module
 */
import { isInMean, type MeanRule, type Scores } from "./scores.ts";

/** What a prediction on an ignored pixel counts as: nothing, or an error of the predicted class. */
export type IgnoredPixels = "drop" | "false-positive";

/** How pixels become scores. */
export interface ScoreRules {
  /**
   * `false-positive` counts predictions on ignored pixels against the predicted class, as some
   * published CamVid figures do.
   * @default "drop"
   */
  ignored?: IgnoredPixels;
  /**
   * Which classes enter the mean IoU.
   * @default "union"
   */
  meanOver?: MeanRule;
}

/**
 * Counts of (truth, prediction) pairs over a whole set. Pixels whose truth is the ignore label, or
 * no class at all, are dropped.
 *
 * @example
 * ```ts
 * import { ConfusionMatrix } from "@segadv/segadv/metrics";
 * import assert from "node:assert/strict";
 *
 * const matrix = new ConfusionMatrix(["sky", "road"]);
 * matrix.add({ truth: [0, 0, 1, 255], prediction: [0, 1, 1, 1] });
 * const { pAcc, mIoU } = matrix.scores();
 * assert.equal(pAcc, 2 / 3);
 * assert.equal(mIoU, 0.5);
 * ```
 */
export class ConfusionMatrix {
  /** Class names in index order. */
  readonly classes: readonly string[];
  /** Row-major counts: `counts[truth * classes.length + prediction]`. */
  readonly counts: Float64Array;
  /** Predictions outside the classes on a valid pixel, by truth: each is a false negative. */
  readonly outside: Float64Array;
  /** Predictions on ignored pixels, by prediction: counted, and left out unless asked for. */
  readonly onIgnored: Float64Array;

  constructor(classes: readonly string[], counts?: ArrayLike<number>) {
    this.classes = classes;
    this.counts = new Float64Array(classes.length ** 2);
    this.outside = new Float64Array(classes.length);
    this.onIgnored = new Float64Array(classes.length);
    if (counts !== undefined) {
      if (counts.length !== this.counts.length) {
        throw new RangeError(
          `Cannot make a confusion matrix of ${classes.length} classes from ${counts.length} ` +
            `counts: ${this.counts.length} are needed`,
        );
      }
      this.counts.set(counts);
    }
  }

  /**
   * Adds the pixels of one or more label maps.
   *
   * @throws {RangeError} If truth and prediction differ in length.
   */
  add(maps: { truth: ArrayLike<number>; prediction: ArrayLike<number> }): void {
    const { truth, prediction } = maps;
    if (truth.length !== prediction.length) {
      throw new RangeError(
        `Cannot compare label maps: the truth has ${truth.length} pixels, the prediction ` +
          `${prediction.length}`,
      );
    }
    const n = this.classes.length;
    for (let i = 0; i < truth.length; i++) {
      const t = truth[i]!;
      const p = prediction[i]!;
      if (t >= n) {
        if (p < n) this.onIgnored[p]!++;
      } else if (p < n) this.counts[t * n + p]!++;
      else this.outside[t]!++;
    }
  }

  /** Scores of all pixels added so far. A class that occurs nowhere has `iou: null`. */
  scores(rules: ScoreRules = {}): Scores {
    const { ignored = "drop", meanOver = "union" } = rules;
    const spill = ignored === "false-positive";
    const n = this.classes.length;
    const classes = this.classes.map((name, c) => {
      const hits = this.counts[c * n + c]!;
      let truth = this.outside[c]!;
      let predicted = spill ? this.onIgnored[c]! : 0;
      for (let k = 0; k < n; k++) {
        truth += this.counts[c * n + k]!;
        predicted += this.counts[k * n + c]!;
      }
      const union = truth + predicted - hits;
      return {
        name,
        iou: union > 0 ? hits / union : null,
        accuracy: truth > 0 ? hits / truth : null,
        pixels: truth,
        predicted,
        hits,
      };
    });
    const total = sum(classes.map((c) => c.pixels));
    return {
      pAcc: total > 0 ? sum(classes.map((c) => c.hits)) / total : 0,
      mIoU: mean(classes.filter((c) => isInMean(c, meanOver)).map((c) => c.iou)),
      meanOver,
      fwIoU: total > 0 ? sum(classes.map((c) => c.pixels * (c.iou ?? 0))) / total : 0,
      mAcc: mean(classes.map((c) => c.accuracy)),
      classes: classes.map(({ hits: _, ...scores }) => scores),
    };
  }
}

function sum(values: number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** Mean of the values that exist; 0 where none does. */
function mean(values: (number | null)[]): number {
  const present = values.filter((value) => value !== null);
  return present.length > 0 ? sum(present) / present.length : 0;
}
