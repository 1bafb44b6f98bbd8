/**
 * The confusion, calibration and predictions of a trained network on its validation split.
 *
 * @module
 */
import type { ClassInfo, Dataset } from "../data/dataset.ts";
import { evaluationItems } from "../data/loader/evaluation_items.ts";
import type { EvaluationItem, ScoreSize } from "../data/transforms/prepare_sample.ts";
import { matchClasses, openDataset } from "../data/registry.ts";
import { predictMaps, type PredictOptions } from "../models/inference/predict.ts";
import { predictPixels } from "../models/inference/probabilities.ts";
import { type Calibration, CalibrationEvaluation } from "../metrics/calibration.ts";
import { ConfusionMatrix } from "../metrics/confusion_matrix.ts";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import { loadModel } from "../train/run/load_model.ts";

/** Figures that need the network, at its best validation. */
export interface RunAnalysis {
  classes: ClassInfo[];
  /** Row-major counts `[classes * classes]`: truth by prediction. */
  confusion: number[];
  /** Number of images analysed, of those in the split. */
  images: number;
  of: number;
  /** At T = 1, over the odd images. */
  calibration: Calibration;
  /** Temperature of the lowest NLL of the even images. */
  temperature: number;
  /** At that temperature, over the odd images. */
  fitted: Calibration;
  /** Predictions by image id. */
  maps: Map<string, PredictedImage>;
}

/** One image of the split with its prediction, shrunk for showing. */
export interface PredictedImage {
  width: number;
  height: number;
  prediction: Uint8Array;
  truth: Uint8Array;
  /** Mean IoU of this image alone, over the classes in it. */
  mIoU: number;
}

/** Options of {@linkcode analyseRun}. */
export interface AnalyseOptions {
  /**
   * Images to analyse, evenly over the split.
   * @default 100
   */
  images?: number;
  signal?: AbortSignal;
  /**
   * Receives one line for each size of image that `inference.window: auto` cuts into windows, and one
   * where the data set lists its classes in another order than the network.
   */
  onNotice?: (notice: string) => void;
}

/** Temperatures tried before the parabola: powers of √2 from ¼ to 4. */
const GRID = Array.from({ length: 9 }, (_, i) => 2 ** ((i - 4) / 2));

/** Most pixels of one image that calibration is measured on. */
const PIXELS = 20_000;

/** Longest side of a shown image in pixels. */
const SHOWN = 256;

/**
 * Runs the best network of a run over its validation split, with the run's inference options:
 * confusion, calibration before and after temperature scaling (fitted on the even images, measured
 * on the odd ones), and the predictions themselves. Needs a ready backend.
 *
 * @throws {ClassMismatchError} If the data set has not the network's classes.
 * @throws {Error} If the run's network or data cannot be opened.
 */
export async function analyseRun(path: string, options: AnalyseOptions = {}): Promise<RunAnalysis> {
  const { images = 100, signal } = options;
  const { model, classes: trained, normalize, config } = await loadModel(path);
  try {
    if (config === null) {
      throw new Error(`Cannot analyse ${path}: its config.yaml is missing, which names the data`);
    }
    const { data } = config;
    const { dataset: whole, notice } = matchClasses(
      await openDataset(data.dataset, { ...data, split: data.valSplit }),
      { subject: path, names: trained.map((one) => one.name) },
    );
    if (notice !== null) options.onNotice?.(notice);
    const dataset = thin(whole, images);
    const notices = new Set<string>();
    const onNotice = (notice: string): void => {
      if (!notices.has(notice)) options.onNotice?.(notice);
      notices.add(notice);
    };
    const subject = {
      model,
      dataset,
      options: { ...config.inference, normalize, onNotice },
      signal,
    };
    const temperature = await fitTemperature(subject);
    const measured = await measure(subject, temperature);
    const { classes } = dataset;
    return { classes, images: dataset.ids.length, of: whole.ids.length, temperature, ...measured };
  } finally {
    model.layers.dispose();
  }
}

/** The network, the images and how it is run on them. */
interface Subject {
  model: SegmentationModel;
  dataset: Dataset;
  options: PredictOptions & { scoreSize: ScoreSize };
  signal: AbortSignal | undefined;
}

/** Evenly chosen samples of a split. */
function thin(dataset: Dataset, count: number): Dataset {
  const total = dataset.ids.length;
  if (total <= count) return dataset;
  const chosen = Array.from({ length: count }, (_, i) => Math.floor(i * total / count));
  return {
    ...dataset,
    ids: chosen.map((index) => dataset.ids[index]!),
    read: (index) => dataset.read(chosen[index]!),
  };
}

/** The temperature of the lowest NLL of the even images: the best of a grid, refined by a parabola. */
async function fitTemperature(subject: Subject): Promise<number> {
  const { model, dataset, options, signal } = subject;
  const evaluations = GRID.map(() => new CalibrationEvaluation(model.classes));
  let index = 0;
  for await (const item of evaluationItems(dataset, options)) {
    signal?.throwIfAborted();
    if (index++ % 2 === 0) await calibrate(evaluations, item, { subject, temperatures: GRID });
  }
  const losses = evaluations.map((evaluation) => evaluation.result().nll);
  const best = losses.indexOf(Math.min(...losses));
  const [before, at, after] = [losses[best - 1], losses[best]!, losses[best + 1]];
  if (before === undefined || after === undefined) return GRID[best]!;
  const bend = before - 2 * at + after;
  const shift = bend > 0 ? (before - after) / (2 * bend) : 0;
  return GRID[best]! * 2 ** (shift / 2);
}

/** Predictions of all images, and the calibration of the odd ones at T = 1 and at `temperature`. */
async function measure(
  subject: Subject,
  temperature: number,
): Promise<Pick<RunAnalysis, "confusion" | "calibration" | "fitted" | "maps">> {
  const { model, dataset, options, signal } = subject;
  const matrix = new ConfusionMatrix(dataset.classes.map(({ name }) => name));
  const evaluations = [
    new CalibrationEvaluation(model.classes),
    new CalibrationEvaluation(model.classes),
  ] as const;
  const maps = new Map<string, PredictedImage>();
  let index = 0;
  for await (const item of evaluationItems(dataset, options)) {
    signal?.throwIfAborted();
    const [map] = await predictMaps(model, [item], { ...options, sizes: [item.labelSize] });
    const [height, width] = item.labelSize;
    const pair = { height, width, truth: item.label, prediction: map!.data };
    matrix.add(pair);
    maps.set(item.id, shrink(pair, dataset.classes));
    // With one image, it has to serve for both
    if (index++ % 2 === 1 || dataset.ids.length === 1) {
      await calibrate(evaluations, item, { subject, temperatures: [1, temperature] });
    }
  }
  return {
    confusion: [...matrix.counts],
    calibration: evaluations[0].result(),
    fitted: evaluations[1].result(),
    maps,
  };
}

/** Adds sampled pixels of an image to the evaluation of each temperature. */
async function calibrate(
  evaluations: readonly CalibrationEvaluation[],
  item: EvaluationItem,
  { subject, temperatures }: { subject: Subject; temperatures: readonly number[] },
): Promise<void> {
  const pixels = samplePixels(item);
  const truth = Uint8Array.from(pixels, (pixel) => item.label[pixel]!);
  const all = { ...subject.options, pixels, temperatures, size: item.labelSize };
  for (const [i, probabilities] of (await predictPixels(subject.model, item, all)).entries()) {
    evaluations[i]!.add({ probabilities, truth });
  }
}

/** Every nth labelled pixel, so that there are at most `PIXELS`. */
function samplePixels({ label }: EvaluationItem): Int32Array {
  const valid: number[] = [];
  for (let i = 0; i < label.length; i++) if (label[i] !== 255) valid.push(i);
  const stride = Math.max(1, Math.ceil(valid.length / PIXELS));
  return Int32Array.from(valid.filter((_, i) => i % stride === 0));
}

/** Labels of an image and their prediction. */
interface LabelledPrediction {
  height: number;
  width: number;
  truth: Uint8Array;
  prediction: Uint8Array;
}

/** Nearest pixels, so that the longer side is at most what a report shows. */
function shrink(
  { width, height, truth, prediction }: LabelledPrediction,
  classes: readonly ClassInfo[],
): PredictedImage {
  const matrix = new ConfusionMatrix(classes.map(({ name }) => name));
  matrix.add({ truth, prediction });
  const factor = Math.max(1, Math.max(width, height) / SHOWN);
  const size = { width: Math.round(width / factor), height: Math.round(height / factor) };
  const pick = (map: Uint8Array): Uint8Array => {
    const small = new Uint8Array(size.width * size.height);
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        const [row, column] = [Math.floor((y + 0.5) * factor), Math.floor((x + 0.5) * factor)];
        small[y * size.width + x] = map[
          Math.min(row, height - 1) * width + Math.min(column, width - 1)
        ]!;
      }
    }
    return small;
  };
  return { ...size, prediction: pick(prediction), truth: pick(truth), mIoU: matrix.scores().mIoU };
}
