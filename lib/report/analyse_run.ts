/**
 * What a trained network does with the validation split, beyond its scores.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { ClassInfo, Dataset } from "../data/dataset.ts";
import { type EvaluationItem, evaluationItems } from "../data/loader/evaluation_items.ts";
import { openDataset } from "../data/registry.ts";
import { probabilityMap } from "../models/probability_map.ts";
import { type Calibration, CalibrationMeter } from "../metrics/calibration.ts";
import { ConfusionMatrix } from "../metrics/confusion_matrix.ts";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import { loadModel } from "../train/run/load_model.ts";

/** Figures that need the network, at its best validation. */
export interface RunAnalysis {
  classes: ClassInfo[];
  /** Row-major counts `[classes * classes]`: truth by prediction. */
  confusion: number[];
  /** Images looked at, of how many in the split. */
  images: number;
  of: number;
  /** At T = 1, over the odd images. */
  calibration: Calibration;
  /** Temperature that fits the even images best, by NLL. */
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
   * Images to look at, evenly over the split.
   * @default 100
   */
  images?: number;
  signal?: AbortSignal;
}

/** Temperatures tried before the parabola: powers of √2 from ¼ to 4. */
const GRID = Array.from({ length: 9 }, (_, i) => 2 ** ((i - 4) / 2));

/** Pixels of one image that calibration looks at. */
const PIXELS = 20_000;

/** Longest side of a shown image. */
const SHOWN = 256;

/**
 * Runs the best network of a run over its validation split: confusion, calibration before and
 * after temperature scaling (fitted on one half, judged on the other), and the predictions
 * themselves. Needs a ready backend.
 *
 * @throws {Error} If the run's network or data cannot be had.
 */
export async function analyseRun(path: string, options: AnalyseOptions = {}): Promise<RunAnalysis> {
  const { images = 100, signal } = options;
  const { model, normalize, config } = await loadModel(path);
  try {
    if (config === null) {
      throw new Error(`Cannot analyse ${path}: its config.yaml is missing, which names the data`);
    }
    const { dataset: name, dir, valSplit } = config.data;
    const whole = await openDataset(name, { dir, split: valSplit });
    const dataset = thin(whole, images);
    const { resize, fit } = config.validation;
    const walk = { model, dataset, normalize, resize, fit, signal };
    const search = await searchTemperature(walk);
    const judged = await judge(walk, search.temperature);
    const { classes } = dataset;
    return { classes, images: dataset.ids.length, of: whole.ids.length, ...search, ...judged };
  } finally {
    model.layers.dispose();
  }
}

/** Everything a pass over the images needs. */
interface Walk {
  model: SegmentationModel;
  dataset: Dataset;
  normalize: Parameters<typeof evaluationItems>[1]["normalize"];
  resize: [number, number] | null;
  fit: "stretch" | "letterbox";
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

/** NLL of the even images on a grid of temperatures, refined by a parabola through the lowest. */
async function searchTemperature(walk: Walk): Promise<{ temperature: number }> {
  const { model, dataset } = walk;
  const meters = GRID.map(() => new CalibrationMeter(model.classes));
  let index = 0;
  for await (const item of evaluationItems(dataset, walk)) {
    walk.signal?.throwIfAborted();
    if (index++ % 2 === 1) continue;
    const { logits, padded } = forward(model, item);
    const pixels = sample(item, padded);
    for (const [i, temperature] of GRID.entries()) {
      const probabilities = await gather({ model, logits, padded, pixels }, temperature);
      meters[i]!.add({ probabilities, truth: pixels.truth });
    }
    logits.dispose();
  }
  const losses = meters.map((meter) => meter.result().nll);
  const best = losses.indexOf(Math.min(...losses));
  const [before, at, after] = [losses[best - 1], losses[best]!, losses[best + 1]];
  if (before === undefined || after === undefined) return { temperature: GRID[best]! };
  const bend = before - 2 * at + after;
  const shift = bend > 0 ? (before - after) / (2 * bend) : 0;
  return { temperature: GRID[best]! * 2 ** (shift / 2) };
}

/** Everything else: predictions of all images, calibration of the odd ones. */
async function judge(
  walk: Walk,
  temperature: number,
): Promise<Pick<RunAnalysis, "confusion" | "calibration" | "fitted" | "maps">> {
  const { model, dataset } = walk;
  const matrix = new ConfusionMatrix(dataset.classes.map(({ name }) => name));
  const meters = [
    new CalibrationMeter(model.classes),
    new CalibrationMeter(model.classes),
  ] as const;
  const maps = new Map<string, PredictedImage>();
  let index = 0;
  for await (const item of evaluationItems(dataset, walk)) {
    walk.signal?.throwIfAborted();
    const { logits, padded } = forward(model, item);
    const prediction = await classMap({ model, logits, padded, item });
    matrix.add({ truth: item.label, prediction });
    maps.set(item.id, shrink(item, prediction, { classes: dataset.classes }));
    // With one image, it has to serve for both
    if (index++ % 2 === 1 || dataset.ids.length === 1) {
      const pixels = sample(item, padded);
      for (const [i, t] of [1, temperature].entries()) {
        const probabilities = await gather({ model, logits, padded, pixels }, t);
        meters[i]!.add({ probabilities, truth: pixels.truth });
      }
    }
    logits.dispose();
  }
  return {
    confusion: [...matrix.counts],
    calibration: meters[0].result(),
    fitted: meters[1].result(),
    maps,
  };
}

/** A forward pass of one image, padded with the mean to what the network takes. */
function forward(
  model: SegmentationModel,
  { width, height, image }: EvaluationItem,
): { logits: tf.Tensor4D; padded: { width: number; height: number } } {
  const up = (side: number): number => Math.ceil(side / model.inputMultiple) * model.inputMultiple;
  const padded = { width: up(width), height: up(height) };
  const logits = tf.tidy(() => {
    const x = tf.tensor4d(image, [1, height, width, 3]);
    const pads: [number, number][] = [
      [0, 0],
      [0, padded.height - height],
      [0, padded.width - width],
      [0, 0],
    ];
    return model.layers.apply(tf.pad(x, pads), { training: false }) as tf.Tensor4D;
  });
  return { logits, padded };
}

/** One image's logits and what they belong to. */
interface View {
  model: SegmentationModel;
  logits: tf.Tensor4D;
  padded: { width: number; height: number };
  item: EvaluationItem;
}

/** Probabilities `[n * classes]` of the chosen pixels. */
async function gather(
  view: Omit<View, "item"> & { pixels: { places: Int32Array } },
  temperature: number,
): Promise<Float32Array> {
  const { model, logits, padded, pixels } = view;
  const chosen = tf.tidy(() => {
    const map = probabilityMap(logits, {
      temperature,
      upsampleOrder: model.upsampleOrder,
      ...padded,
    });
    return tf.gather(tf.reshape(map, [-1, model.classes]), tf.tensor1d(pixels.places, "int32"));
  });
  const values = await chosen.data() as Float32Array;
  chosen.dispose();
  return values;
}

/** Class of each pixel at T = 1. */
async function classMap({ model, logits, padded, item }: View): Promise<Uint8Array> {
  const labels = tf.tidy(() => {
    const map = probabilityMap(logits, {
      temperature: 1,
      upsampleOrder: model.upsampleOrder,
      ...padded,
    });
    return tf.argMax(tf.slice(map, [0, 0, 0, 0], [1, item.height, item.width, -1]), 3);
  });
  const values = await labels.data();
  labels.dispose();
  return Uint8Array.from(values);
}

/** Every nth valid pixel: its place in the padded map and its truth. */
function sample(
  { label, width }: EvaluationItem,
  padded: { width: number },
): { places: Int32Array; truth: Uint8Array } {
  const valid: number[] = [];
  for (let i = 0; i < label.length; i++) if (label[i] !== 255) valid.push(i);
  const stride = Math.max(1, Math.ceil(valid.length / PIXELS));
  const chosen = valid.filter((_, i) => i % stride === 0);
  return {
    places: Int32Array.from(chosen, (i) => Math.floor(i / width) * padded.width + i % width),
    truth: Uint8Array.from(chosen, (i) => label[i]!),
  };
}

/** Nearest pixels, so that the longer side is at most what a report shows. */
function shrink(
  { width, height, label }: EvaluationItem,
  prediction: Uint8Array,
  { classes }: { classes: ClassInfo[] },
): PredictedImage {
  const matrix = new ConfusionMatrix(classes.map(({ name }) => name));
  matrix.add({ truth: label, prediction });
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
  return { ...size, prediction: pick(prediction), truth: pick(label), mIoU: matrix.scores().mIoU };
}
