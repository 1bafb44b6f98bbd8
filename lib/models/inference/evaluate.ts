/**
 * Scores of a model on a data set.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { ClassInfo, Dataset, LabelMap } from "../../data/dataset.ts";
import { matchClasses } from "../../data/registry.ts";
import { evaluationItems } from "../../data/loader/evaluation_items.ts";
import type { EvaluationItem, ScoreSize } from "../../data/transforms/prepare_sample.ts";
import { assertFiniteWeights } from "../non_finite.ts";
import { inputOf } from "./forward.ts";
import { predictMaps, type PredictOptions } from "./predict.ts";
import type { SegmentationModel } from "../segmentation_model.ts";
import { ConfusionMatrix, type ScoreRules } from "../../metrics/confusion_matrix.ts";
import type { Scores } from "../../metrics/scores.ts";

/** Options of {@linkcode evaluate}. */
export interface EvaluateOptions extends PredictOptions, ScoreRules {
  /**
   * Images in one forward pass; neighbours of different size go apart.
   * @default 1
   */
  batch?: number;
  /**
   * `label`: labels keep their size, and maps are brought to it; `resized`: labels are resized as
   * images are, by the nearest pixel, and scored there.
   * @default "label"
   */
  scoreSize?: ScoreSize;
  /**
   * The network's classes in the order of its outputs, as its file names them; the data set's are
   * matched to them by name, and `onNotice` receives one line where the orders differ.
   * @default those of the data set
   */
  classes?: readonly Pick<ClassInfo, "name">[];
  /** Stops between batches by throwing the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
  /**
   * Receives each class map in the data set's classes, at the size it is scored at; waited for before
   * the next batch.
   */
  onPrediction?: (prediction: LabelMap, index: number) => void | Promise<void>;
}

/**
 * Predicts every sample of a data set at T = 1 and scores all pixels together in one confusion
 * matrix (method.md, "Evaluation"); pixels with the ignore label are dropped by default. With
 * `resize`, probabilities are brought back to the size of the label, or labels are resized too
 * (`scoreSize`); the padding of a letterbox is never scored.
 *
 * @throws {NonFiniteNetworkError} If a weight or a logit is NaN or infinite.
 * @throws {ClassMismatchError} If network and data set have not the same classes.
 * @throws {RangeError} If model and data set differ in their number of classes, or an option is out
 * of range.
 */
export async function evaluate(
  model: SegmentationModel,
  data: Dataset,
  options: EvaluateOptions,
): Promise<Scores> {
  const { batch = 1, signal, onProgress, onPrediction, classes = data.classes } = options;
  const names = classes.map(({ name }) => name);
  const network = { subject: `the network ${model.name}`, names };
  const { dataset, order, notice } = matchClasses(data, network);
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
  if (notice !== null) onNotice(notice);
  const inference = { ...options, onNotice };
  let group: EvaluationItem[] = [];
  let done = 0;
  const flush = async (): Promise<void> => {
    signal?.throwIfAborted();
    const sizes = group.map(({ labelSize }) => labelSize);
    const maps = await predictMaps(model, group, { ...inference, sizes });
    for (const [i, { label }] of group.entries()) {
      matrix.add({ truth: label, prediction: maps[i]!.data });
      await onPrediction?.(relabel(maps[i]!, order), done + i);
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
  const scores = matrix.scores(options);
  const isResized = options.resize != null && options.scoreSize === "resized";
  return isResized ? { ...scores, scoreSize: "resized" } : scores;
}

/** A map in other class indices. */
function relabel({ width, height, data }: LabelMap, order: Uint8Array | null): LabelMap {
  return { width, height, data: order === null ? data : data.map((label) => order[label]!) };
}
