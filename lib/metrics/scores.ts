/**
 * Scores of a segmentation, all as fractions.
 *
 * @module
 */

/** Scores of one class. */
export interface ClassScores {
  name: string;
  /** TP / (TP + FP + FN), or `null` where the class is absent from truth and prediction. */
  iou: number | null;
  /** TP / (TP + FN), or `null` where the truth has no such pixel. */
  accuracy: number | null;
  /** Pixels of this class in the truth. */
  pixels: number;
}

/** Scores of one evaluation. */
export interface Scores {
  /** Pixel accuracy: Σ TP / Σ all. */
  pAcc: number;
  /** Mean IoU over classes that occur in truth or prediction. */
  mIoU: number;
  /** IoU weighted by the frequency of each class in the truth. */
  fwIoU: number;
  /** Mean of the per-class accuracies over classes in the truth. */
  mAcc: number;
  classes: ClassScores[];
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
