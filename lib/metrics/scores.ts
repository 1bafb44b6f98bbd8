/**
 * Scores of a segmentation, all as fractions.
 *
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import type { DatasetCheck } from "../data/validate/check_dataset.ts";

/** Scores of one class. */
export interface ClassScores {
  name: string;
  /** TP / (TP + FP + FN), or `null` where the class is absent from truth and prediction. */
  iou: number | null;
  /** TP / (TP + FN), or `null` where the truth has no such pixel. */
  accuracy: number | null;
  /** Pixels of this class in the truth. */
  pixels: number;
  /** Pixels that were predicted to be of this class; absent in older logs. */
  predicted?: number;
}

/**
 * Which classes enter the mean IoU. `union`: those that occur in truth or prediction, whose IoU is
 * defined; a class that is absent from the truth and predicted somewhere then counts as 0, as in the
 * scripts of VOC and CityScapes. `truth`: those that occur in the truth; predictions of others are
 * errors of the classes that they hit, and no more.
 */
export type MeanRule = "union" | "truth";

/** Scores of one evaluation. */
export interface Scores {
  /** Pixel accuracy: Σ TP / Σ all. */
  pAcc: number;
  /** Mean IoU over the classes that `meanOver` names. */
  mIoU: number;
  meanOver: MeanRule;
  /** Present where labels were resized as images are, and not scored at their own size. */
  scoreSize?: "resized";
  /** IoU weighted by the frequency of each class in the truth. */
  fwIoU: number;
  /** Mean of the per-class accuracies over classes in the truth. */
  mAcc: number;
  classes: ClassScores[];
}

/** Whether the IoU of a class enters the mean. */
export function isInMean({ iou, pixels }: ClassScores, rule: MeanRule): boolean {
  return rule === "union" ? iou !== null : pixels > 0;
}

/**
 * Which classes entered the mean IoU and by which rule, in words.
 *
 * @example
 * ```ts
 * import { ConfusionMatrix, describeMean } from "@segadv/segadv/metrics";
 * import assert from "node:assert/strict";
 *
 * const matrix = new ConfusionMatrix(["sky", "bus", "car"]);
 * matrix.add({ truth: [0, 0], prediction: [0, 1] });
 * assert.equal(
 *   describeMean(matrix.scores()),
 *   "mean over the 2 of 3 classes in truth or prediction; bus is only predicted and counts 0; " +
 *     "left out: car",
 * );
 * assert.equal(
 *   describeMean(matrix.scores({ meanOver: "truth" })),
 *   "mean over the 1 of 3 classes in the truth; left out: bus, car",
 * );
 * ```
 */
export function describeMean({ classes, meanOver }: Scores): string {
  const entered = classes.filter((one) => isInMean(one, meanOver));
  const named = (list: ClassScores[]): string => list.map(({ name }) => name).join(", ");
  const zero = entered.filter(({ pixels }) => pixels === 0);
  const left = classes.filter((one) => !entered.includes(one));
  return [
    `mean over the ${entered.length} of ${classes.length} classes ` +
    (meanOver === "union" ? "in truth or prediction" : "in the truth"),
    ...(zero.length === 0 ? [] : [
      `${named(zero)} ${
        zero.length === 1 ? "is only predicted and counts" : "are only predicted and count"
      } 0`,
    ]),
    ...(left.length === 0 ? [] : [`left out: ${named(left)}`]),
  ].join("; ");
}

/** Scores of the whole that `validation.metric` can name; `class:NAME` names the IoU of one class. */
const WHOLE = ["mIoU", "pAcc", "fwIoU", "mAcc"] as const;

/**
 * A score by its name: `mIoU`, `pAcc`, `fwIoU`, `mAcc` or `class:NAME`. A class that is absent
 * scores 0.
 *
 * @throws {RangeError} If there is no such score.
 */
export function scoreBy(metric: string, scores: Scores): number {
  const whole = WHOLE.find((name) => name === metric);
  if (whole !== undefined) return scores[whole];
  checkMetric(metric, scores.classes.map(({ name }) => name));
  return scores.classes.find(({ name }) => `class:${name}` === metric)?.iou ?? 0;
}

/**
 * The metric that tells networks apart: `metric`, or `mIoU` where it names a class that no pixel of
 * the truth has, whose IoU is 0 or undefined whatever the network.
 */
export function usableMetric(metric: string, { classes }: Scores): string {
  const named = classes.find(({ name }) => `class:${name}` === metric);
  return named?.pixels === 0 ? "mIoU" : metric;
}

/**
 * The name of the only class that the truth has, `null` where it has several or the data set has one:
 * then a network that predicts this class everywhere scores 100 %.
 *
 * @example
 * ```ts
 * import { ConfusionMatrix, onlyClass } from "@segadv/segadv/metrics";
 * import assert from "node:assert/strict";
 *
 * const matrix = new ConfusionMatrix(["sky", "bus"]);
 * matrix.add({ truth: [0, 0], prediction: [0, 1] });
 * assert.equal(onlyClass(matrix.scores()), "sky");
 * ```
 */
export function onlyClass({ classes }: Pick<Scores, "classes">): string | null {
  const present = classes.filter(({ pixels }) => pixels > 0);
  return classes.length > 1 && present.length === 1 ? present[0]!.name : null;
}

/**
 * Refuses a metric that a data set of these classes does not have.
 *
 * @throws {RangeError} Naming what there is.
 */
export function checkMetric(metric: string, classes: readonly string[]): void {
  if (WHOLE.some((name) => name === metric)) return;
  if (classes.some((name) => metric === `class:${name}`)) return;
  throw new RangeError(
    `Cannot choose the best network by ${metric}: validation.metric must be ${WHOLE.join(", ")} ` +
      `or one of ${classes.map((name) => `class:${name}`).join(", ")}`,
  );
}

/**
 * Refuses to choose the best network by a class that a whole split does not have. Where only a part of
 * the split was read, the first validation finds out ({@linkcode usableMetric}).
 *
 * @throws {RangeError} Naming the classes that the split has.
 */
export function checkMetricClass(
  metric: string,
  { classes, ids, split }: Pick<Dataset, "classes" | "ids" | "split">,
  { samples, pixels }: Pick<DatasetCheck, "samples" | "pixels">,
): void {
  const index = classes.findIndex(({ name }) => metric === `class:${name}`);
  if (index < 0 || samples < ids.length || pixels[index]! > 0) return;
  const present = classes.filter((_, c) => pixels[c]! > 0).map(({ name }) => `class:${name}`);
  throw new RangeError(
    `Cannot choose the best network by validation.metric ${metric}: no pixel of split "${split}" ` +
      `has that class, so that the first network would stay the best; take mIoU or one of ` +
      present.join(", "),
  );
}
