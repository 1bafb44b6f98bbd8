/**
 * Scores of segmentation maps: confusion matrix, IoU, the CityScapes benchmark, calibration.
 *
 * @module
 */
export { scoreMaps, type ScoreMapsOptions } from "./score_maps.ts";
export { ConfusionMatrix, type IgnoredPixels, type ScoreRules } from "./confusion_matrix.ts";
export {
  CityscapesEvaluation,
  type CityscapesScorer,
  cityscapesScorer,
  type CityscapesScores,
  type NamedScores,
} from "./cityscapes.ts";
export { type ClassScores, describeMean, type MeanRule, onlyClass, type Scores } from "./scores.ts";
