/**
 * Class maps from images.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { NormalizeConfig } from "../../data/data_config.ts";
import type { LabelMap, RgbImage } from "../../data/dataset.ts";
import { cutPadding, fitImage, type FitOptions } from "../../data/transforms/network_input.ts";
import type { Size } from "../../util/schema.ts";
import { currentBackend } from "../../backend/use_backend.ts";
import { assertFiniteLogits, forward, type NormalizedImage } from "./forward.ts";
import { chooseWindow } from "./windows.ts";
import {
  isOnePass,
  largestClass,
  predictClasses,
  predictProbabilities,
  type ProbabilityMap,
} from "./probabilities.ts";
import { contentOf, type InferenceImage } from "./probability_lines.ts";
import type { SegmentationModel } from "../segmentation_model.ts";
import type { InferenceOptions } from "./inference_options.ts";

export type { NormalizedImage } from "./forward.ts";

/** How an image is normalised and resized, and the inference options. */
export interface PredictOptions extends Omit<FitOptions, "flip">, InferenceOptions {
  normalize: NormalizeConfig;
}

/**
 * Predicts the class of each pixel of one image of any size, at that size and T = 1. What the network
 * cannot take is padded with the mean at the bottom and the right, and cut away again; where
 * `resize` gives it another size, its probabilities are resized back.
 *
 * @throws {NonFiniteNetworkError} If a logit is NaN or infinite.
 * @throws {RangeError} If the image is empty or an option is out of range.
 * @throws {Error} If the device reported an error.
 *
 * @example
 * ```ts
 * import { loadConfig, buildModel, predict, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const { model, data } = await loadConfig({ preset: "fixtures" });
 * const network = buildModel(model, { classes: 3, seed: 1 });
 * const image = { width: 5, height: 7, data: new Uint8Array(5 * 7 * 3) };
 * const map = await predict(network, image, { ...data, resize: [32, 32], resizeMode: "letterbox" });
 * assert.equal(map.data.length, 35);
 * ```
 */
export async function predict(
  model: SegmentationModel,
  image: RgbImage,
  options: PredictOptions,
): Promise<LabelMap> {
  const { width, height } = image;
  // Without a resize, the mirror image needs no fitting of its own
  const flip = options.flip === true && options.resize != null;
  const fitted = fitImage(image, { ...options, flip });
  const [map] = await predictMaps(model, [fitted], { ...options, sizes: [[height, width]] });
  return map!;
}

/** The classes of an image, and how probable all of them are. */
export interface ProbablePrediction {
  label: LabelMap;
  probabilities: ProbabilityMap;
}

/**
 * Predicts as {@linkcode predict} does, with the probabilities of all classes: the class of a pixel is
 * the most probable one, the first of equals.
 *
 * @throws {NonFiniteNetworkError} If a logit is NaN or infinite.
 * @throws {RangeError} If the image is empty or an option is out of range.
 * @throws {Error} If the device reported an error.
 *
 * @example
 * ```ts
 * import { buildModel, loadConfig, useBackend } from "@segadv/segadv";
 * import { predictWithProbabilities } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const { model, data } = await loadConfig({ preset: "fixtures" });
 * const network = buildModel(model, { classes: 3, seed: 1 });
 * const image = { width: 5, height: 7, data: new Uint8Array(5 * 7 * 3) };
 * const { label, probabilities } = await predictWithProbabilities(network, image, data);
 * assert.deepEqual([label.data.length, probabilities.data.length], [35, 105]);
 * ```
 */
export async function predictWithProbabilities(
  model: SegmentationModel,
  image: RgbImage,
  options: PredictOptions,
): Promise<ProbablePrediction> {
  const { width, height } = image;
  const flip = options.flip === true && options.resize != null;
  const fitted = fitImage(image, { ...options, flip });
  const size: Size = [height, width];
  const probabilities = await predictProbabilities(model, fitted, { ...options, size });
  return { label: largestClass(probabilities), probabilities };
}

/**
 * Predicts several images of one size, as many in a forward pass as memory allows.
 *
 * @returns One map of `width · height` class indices for each image.
 * @throws {NonFiniteNetworkError} If a logit is NaN or infinite.
 * @throws {RangeError} If the images differ in size, one is empty or an option is out of range.
 * @throws {Error} If the device reported an error.
 *
 * @example
 * ```ts
 * import { buildModel, useBackend } from "@segadv/segadv";
 * import { predictBatch } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const model = buildModel({ name: "fcn8s-vgg16", width: 1 / 64 }, { classes: 3, seed: 1 });
 * const image = { width: 2, height: 3, image: new Float32Array(2 * 3 * 3) };
 * const maps = await predictBatch(model, [image, image]);
 * assert.deepEqual(maps.map((map) => map.length), [6, 6]);
 * ```
 */
export async function predictBatch(
  model: SegmentationModel,
  images: NormalizedImage[],
  options: InferenceOptions = {},
): Promise<Uint8Array[]> {
  return (await predictMaps(model, images, options)).map(({ data }) => data);
}

/** Options of {@linkcode predictMaps}. */
export interface PredictMapsOptions extends InferenceOptions {
  /**
   * Height and width of each map; probabilities are resized to them bilinearly.
   * @default those of the images without their padding
   */
  sizes?: readonly Size[];
}

/**
 * Predicts several fitted images of one size, as many in a forward pass as memory allows where
 * nothing is left to be averaged or resized.
 *
 * @throws {RangeError} If the images differ in size, one is empty or an option is out of range.
 * @throws {Error} If the device reported an error.
 */
export async function predictMaps(
  model: SegmentationModel,
  images: readonly InferenceImage[],
  options: PredictMapsOptions = {},
): Promise<LabelMap[]> {
  const { sizes = images.map(contentOf), ...inference } = options;
  const { width, height } = images[0] ?? { width: 0, height: 0 };
  const choice = chooseWindow(model, [height, width], inference);
  const isOwnSize = images.every((image, i) => `${contentOf(image)}` === `${sizes[i]}`);
  const maps: LabelMap[] = [];
  if (isOnePass(choice, { width, height }, inference) && isOwnSize) {
    for (let start = 0; start < Math.max(1, images.length); start += choice.batch) {
      maps.push(...await classMaps(model, images.slice(start, start + choice.batch)));
    }
    await currentBackend()?.checkErrors();
    return maps;
  }
  for (const [i, image] of images.entries()) {
    maps.push(await predictClasses(model, image, { ...inference, size: sizes[i]! }));
  }
  return maps;
}

/** One forward pass; argmax on the backend, so that only a 4·C-th of the bytes is read back. */
async function classMaps(
  model: SegmentationModel,
  images: readonly InferenceImage[],
): Promise<LabelMap[]> {
  const { labels, finiteness } = tf.tidy(() => {
    const { map, finiteness } = forward(model, images, { temperature: 1 });
    return { labels: tf.argMax(map, 3), finiteness };
  });
  const [values] = await Promise.all([
    labels.data().finally(() => labels.dispose()),
    assertFiniteLogits(finiteness, { model, images }),
  ]);
  const area = values.length / images.length;
  return images.map((image, i) => {
    const [height, length] = contentOf(image);
    const padded = Uint8Array.from(values.subarray(i * area, (i + 1) * area));
    const data = cutPadding(padded, { rowLength: image.width, rows: height, length });
    return { width: length, height, data };
  });
}
