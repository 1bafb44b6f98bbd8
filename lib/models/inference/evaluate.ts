/**
 * Scores of a model on a data set.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Dataset, LabelMap } from "../../data/dataset.ts";
import { evaluationItems } from "../../data/loader/evaluation_items.ts";
import type { EvaluationItem } from "../../data/transforms/prepare_sample.ts";
import { cutPadding } from "../../data/transforms/network_input.ts";
import { assertFiniteWeights } from "../non_finite.ts";
import { inputOf } from "./forward.ts";
import { predictBatch, type PredictOptions } from "./predict.ts";
import type { SegmentationModel } from "../segmentation_model.ts";
import { ConfusionMatrix, type IgnoredPixels } from "../../metrics/confusion_matrix.ts";
import type { Scores } from "../../metrics/scores.ts";

/** Options of {@linkcode evaluate}. */
export interface EvaluateOptions extends PredictOptions {
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
  /**
   * Receives each class map, at the size it is scored at and without padding; waited for before the
   * next batch.
   */
  onPrediction?: (prediction: LabelMap, index: number) => void | Promise<void>;
}

/**
 * Predicts every sample of a data set at T = 1 and scores all pixels together in one confusion
 * matrix (method.md, "Evaluation"); pixels with the ignore label are dropped by default. With
 * `resize`, labels are brought to that size too (by the nearest pixel) and scored there; the padding
 * of a letterbox is never scored.
 *
 * @throws {NonFiniteNetworkError} If a weight or a logit is NaN or infinite.
 * @throws {RangeError} If model and data set differ in their number of classes, or an option is out
 * of range.
 */
export async function evaluate(
  model: SegmentationModel,
  dataset: Dataset,
  options: EvaluateOptions,
): Promise<Scores> {
  const { batch = 1, signal, onProgress, onPrediction } = options;
  const names = dataset.classes.map((c) => c.name);
  if (names.length !== model.classes) {
    throw new RangeError(
      `Cannot score ${model.name} with ${model.classes} classes on ${dataset.name} with ` +
        `${names.length}: the number of classes must be equal`,
    );
  }
  const image = async (): Promise<tf.Tensor4D> => {
    const first = await evaluationItems(dataset, options).next();
    return inputOf(model, [first.value as EvaluationItem]);
  };
  await assertFiniteWeights(model.layers, { subject: model.name, image });
  const matrix = new ConfusionMatrix(names);
  const notices = new Set<string>();
  const onNotice = (notice: string): void => {
    if (!notices.has(notice)) options.onNotice?.(notice);
    notices.add(notice);
  };
  const inference = { ...options, onNotice };
  let group: EvaluationItem[] = [];
  let done = 0;
  const flush = async (): Promise<void> => {
    signal?.throwIfAborted();
    const maps = await predictBatch(model, group, inference);
    for (const [i, { label, width: rowLength, content: [rows, length] }] of group.entries()) {
      const picture = { rowLength, rows, length };
      const data = cutPadding(maps[i]!, picture);
      matrix.add({ truth: cutPadding(label, picture), prediction: data });
      await onPrediction?.({ width: length, height: rows, data }, done + i);
    }
    done += group.length;
    group = [];
    onProgress?.(done, dataset.ids.length);
  };
  for await (const item of evaluationItems(dataset, options)) {
    const first = group[0] ?? item;
    if (first.width !== item.width || first.height !== item.height) await flush();
    group.push(item);
    if (group.length >= batch) await flush();
  }
  if (group.length > 0) await flush();
  return matrix.scores(options.ignored === undefined ? {} : { ignored: options.ignored });
}
