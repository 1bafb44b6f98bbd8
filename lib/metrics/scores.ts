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
