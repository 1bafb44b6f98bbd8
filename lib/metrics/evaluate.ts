/**
 * Scores of a model on a data set.
 *
 * @module
 */
import type { NormalizeConfig, Size } from "../config/config.ts";
import type { Dataset, LabelMap } from "../data/dataset.ts";
import { type EvaluationItem, evaluationItems } from "../data/evaluation_items.ts";
import { predictBatch } from "../models/predict.ts";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import { ConfusionMatrix, type IgnoredPixels } from "./confusion_matrix.ts";
import type { Scores } from "./scores.ts";

/** Options of {@linkcode evaluate}. */
export interface EvaluateOptions {
  normalize: NormalizeConfig;
  /**
   * Size that image (bilinear) and label (nearest) are brought to first; `null`: their own.
   * @default null
   */
  resize?: Size | null;
  /**
   * Images in one forward pass; neighbours of different size go apart.
   * @default 1
   */
  batch?: number;
  /**
   * What a prediction on an ignored pixel counts as.
   * @default "drop"
   */
  ignored?: IgnoredPixels;
  /** Stops between batches by throwing the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
  /** Receives each class map, at the size it is scored at; waited for before the next batch. */
  onPrediction?: (prediction: LabelMap, index: number) => void | Promise<void>;
}

/**
 * Predicts every sample of a data set at T = 1 and scores all pixels together in one confusion
 * matrix (thesis §4.1); pixels with the ignore label are dropped unless told otherwise.
 *
 * @throws {RangeError} If model and data set differ in their number of classes.
 */
export async function evaluate(
  model: SegmentationModel,
  dataset: Dataset,
  options: EvaluateOptions,
): Promise<Scores> {
  const { normalize, resize = null, batch = 1, signal, onProgress, onPrediction } = options;
  const names = dataset.classes.map((c) => c.name);
  if (names.length !== model.classes) {
    throw new RangeError(
      `Cannot score ${model.name} with ${model.classes} classes on ${dataset.name} with ` +
        `${names.length}: the number of classes must be equal`,
    );
  }
  const matrix = new ConfusionMatrix(names);
  let group: EvaluationItem[] = [];
  let done = 0;
  const flush = async (): Promise<void> => {
    signal?.throwIfAborted();
    const maps = await predictBatch(model, group);
    for (const [i, { label, width, height }] of group.entries()) {
      matrix.add({ truth: label, prediction: maps[i]! });
      await onPrediction?.({ width, height, data: maps[i]! }, done + i);
    }
    done += group.length;
    group = [];
    onProgress?.(done, dataset.ids.length);
  };
  for await (const item of evaluationItems(dataset, { normalize, resize })) {
    const first = group[0] ?? item;
    if (first.width !== item.width || first.height !== item.height) await flush();
    group.push(item);
    if (group.length >= batch) await flush();
  }
  if (group.length > 0) await flush();
  return matrix.scores(options.ignored === undefined ? {} : { ignored: options.ignored });
}
