/**
 * Class maps from images, at the images' own size.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { NormalizeConfig } from "../config/config.ts";
import type { LabelMap, RgbImage } from "../data/dataset.ts";
import { normalizeInto } from "../data/normalize.ts";
import { probabilityMap } from "../losses/probability_map.ts";
import { resizeBilinear } from "../engine/ops/resize_bilinear.ts";
import type { SegmentationModel } from "./segmentation_model.ts";

/**
 * Predicts the class of each pixel of one image of any size: the image is padded with the mean at
 * the bottom and the right to what the network can take, and the map cropped back. T = 1.
 *
 * @throws {RangeError} If the image is empty.
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
 * const map = await predict(network, image, data);
 * assert.equal(map.data.length, 35);
 * ```
 */
export async function predict(
  model: SegmentationModel,
  image: RgbImage,
  options: { normalize: NormalizeConfig },
): Promise<LabelMap> {
  const { width, height } = image;
  const pixels = new Float32Array(image.data.length);
  normalizeInto(image.data, pixels, options.normalize);
  const [data] = await predictBatch(model, [{ width, height, image: pixels }]);
  return { width, height, data: data! };
}

/** An image as the network takes it. */
export interface NormalizedImage {
  height: number;
  width: number;
  /** Normalised pixels `[height * width * 3]`. */
  image: Float32Array;
}

/**
 * Predicts several images of one size in a single forward pass.
 *
 * @returns One map of `width · height` class indices for each image.
 * @throws {RangeError} If the images differ in size or one is empty.
 *
 * @example
 * ```ts
 * import { buildModel, defaultConfig, predictBatch, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const config = { ...defaultConfig().model, name: "fcn8s-vgg16", width: 1 / 64 };
 * const model = buildModel(config, { classes: 3, seed: 1 });
 * const image = { width: 2, height: 3, image: new Float32Array(2 * 3 * 3) };
 * const maps = await predictBatch(model, [image, image]);
 * assert.deepEqual(maps.map((map) => map.length), [6, 6]);
 * ```
 */
export async function predictBatch(
  model: SegmentationModel,
  images: NormalizedImage[],
): Promise<Uint8Array[]> {
  const { width, height } = commonSize(images);
  const multiple = model.inputMultiple;
  const padded = { width: roundUp(width, multiple), height: roundUp(height, multiple) };
  const input = padImages(images, padded);
  const labels = tf.tidy(() => {
    const x = tf.tensor4d(input, [images.length, padded.height, padded.width, 3]);
    const logits = model.layers.apply(x, { training: false }) as tf.Tensor4D;
    const scores = fullScores(logits, { head: model.head, ...padded });
    return tf.argMax(tf.slice(scores, [0, 0, 0, 0], [-1, height, width, -1]), 3);
  });
  const values = await labels.data();
  labels.dispose();
  const area = width * height;
  return images.map((_, i) => Uint8Array.from(values.subarray(i * area, (i + 1) * area)));
}

/** Scores whose largest is the prediction: softmax does not change that after upsampling. */
function fullScores(
  logits: tf.Tensor4D,
  options: { head: SegmentationModel["head"]; height: number; width: number },
): tf.Tensor4D {
  const { head, height, width } = options;
  if (logits.shape[1] === height && logits.shape[2] === width) return logits;
  return head === "logits"
    ? resizeBilinear(logits, { height, width })
    : probabilityMap(logits, { temperature: 1, head, height, width });
}

/** Pixels `[b, h, w, 3]`, padded with 0, which is the mean. */
function padImages(
  images: NormalizedImage[],
  padded: { width: number; height: number },
): Float32Array {
  const input = new Float32Array(images.length * padded.height * padded.width * 3);
  images.forEach(({ width, height, image }, i) => {
    for (let y = 0; y < height; y++) {
      const row = image.subarray(y * width * 3, (y + 1) * width * 3);
      input.set(row, (i * padded.height + y) * padded.width * 3);
    }
  });
  return input;
}

function commonSize(images: NormalizedImage[]): { width: number; height: number } {
  const { width, height } = images[0] ?? { width: 0, height: 0 };
  if (width < 1 || height < 1) {
    throw new RangeError(`Cannot predict an image of ${width}x${height} pixels: it is empty`);
  }
  for (const image of images) {
    if (image.width !== width || image.height !== height) {
      throw new RangeError(
        `Cannot predict images of ${width}x${height} and ${image.width}x${image.height} pixels ` +
          `in one batch: sizes must be equal`,
      );
    }
  }
  return { width, height };
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
