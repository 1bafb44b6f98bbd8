/**
 * Class probabilities of an image, averaged over windows, mirror images and scales.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Size } from "../../util/schema.ts";
import type { LabelMap } from "../../data/dataset.ts";
import { type Planes, resizePlanes } from "../../data/transforms/resize.ts";
import { currentBackend } from "../../backend/use_backend.ts";
import { assertFiniteLogits, forward, forwardLogits, type NormalizedImage } from "./forward.ts";
import { chooseWindow, type Place, placeWindows, type WindowChoice } from "./windows.ts";
import { probabilityMap, type SegmentationModel } from "../segmentation_model.ts";
import type { InferenceOptions } from "./inference_options.ts";

/** Probabilities `[height * width * channels]`, a channel a class. */
export interface ProbabilityMap extends Planes {
  data: Float32Array;
}

/** Inference options, with a temperature. */
export interface ProbabilityOptions extends InferenceOptions {
  /** Divisor T of the logits. @default 1 */
  temperature?: number;
}

/**
 * Averages the class probabilities softmax(logits / T) of an image: over windows where they overlap,
 * over the image and its mirror image, and over scales, each resized back bilinearly. Sums are taken
 * outside the backend, so that it holds only one window at a time.
 *
 * @returns At the size of the image; owned by the caller.
 * @throws {NonFiniteNetworkError} If a logit is NaN or infinite.
 * @throws {RangeError} If the image is empty or an option is out of range.
 * @throws {Error} If the device reported an error.
 *
 * @example
 * ```ts
 * import { buildModel, useBackend } from "@segadv/segadv";
 * import { predictProbabilities } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const model = buildModel({ name: "fcn8s-vgg16", width: 1 / 64 }, { classes: 4, seed: 1 });
 * const image = { width: 2, height: 3, image: new Float32Array(2 * 3 * 3) };
 * const { data } = await predictProbabilities(model, image, { scales: [1, 2], flip: true });
 * assert.equal(data.length, 2 * 3 * 4);
 * assert.ok(data.every((probability) => probability === 0.25)); // score layers start at zero
 * ```
 */
export async function predictProbabilities(
  model: SegmentationModel,
  image: NormalizedImage,
  options: ProbabilityOptions = {},
): Promise<ProbabilityMap> {
  const { scales = [1] } = options;
  if (scales.length === 0 || !scales.every((scale) => scale > 0 && scale < Infinity)) {
    throw new RangeError(`Cannot predict at scales [${scales}]: name one or more above 0`);
  }
  const size: Size = [image.height, image.width];
  let total: ProbabilityMap | null = null;
  for (const scale of scales) {
    const map = await averagePasses(model, scaled(image, scale), options);
    const same = map.height === size[0] && map.width === size[1];
    const data = same ? map.data : resizePlanes(map, size);
    if (total === null) total = { ...map, height: size[0], width: size[1], data };
    else for (let i = 0; i < data.length; i++) total.data[i]! += data[i]!;
  }
  await currentBackend()?.checkErrors();
  const { data } = total!;
  if (scales.length > 1) { for (let i = 0; i < data.length; i++) data[i]! /= scales.length; }
  return total!;
}

/** Options of {@linkcode predictPixels}. */
export interface PixelOptions extends InferenceOptions {
  /** Indices `y * width + x` of the pixels. */
  pixels: Int32Array;
  temperatures: readonly number[];
}

/**
 * Class probabilities of some pixels of an image at several temperatures: those that
 * {@linkcode predictProbabilities} gives, from a single forward pass where the whole image is one
 * window and the options name neither scales nor a flip.
 *
 * @returns `[pixels.length * classes]` for each temperature, owned by the caller.
 * @throws {NonFiniteNetworkError} If a logit is NaN or infinite.
 * @throws {RangeError} If the image is empty or an option is out of range.
 * @throws {Error} If the device reported an error.
 *
 * @example
 * ```ts
 * import { buildModel, useBackend } from "@segadv/segadv";
 * import { predictPixels } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const model = buildModel({ name: "fcn8s-vgg16", width: 1 / 64 }, { classes: 4, seed: 1 });
 * const image = { width: 2, height: 3, image: new Float32Array(2 * 3 * 3) };
 * const pixels = Int32Array.of(0, 5);
 * const maps = await predictPixels(model, image, { pixels, temperatures: [1, 2] });
 * assert.deepEqual(maps.map(({ length }) => length), [8, 8]);
 * ```
 */
export async function predictPixels(
  model: SegmentationModel,
  image: NormalizedImage,
  options: PixelOptions,
): Promise<Float32Array[]> {
  const { pixels, temperatures, ...inference } = options;
  const results: Float32Array[] = [];
  if (!isOnePass(chooseWindow(model, [image.height, image.width], inference), image, inference)) {
    for (const temperature of temperatures) {
      const map = await predictProbabilities(model, image, { ...inference, temperature });
      results.push(atPixels(map, pixels));
    }
    return results;
  }
  const { logits, finiteness, padded } = forwardLogits(model, [image]);
  await assertFiniteLogits(finiteness, { model, images: [image] }).catch((error) => {
    logits.dispose();
    throw error;
  });
  const places = Int32Array.from(
    pixels,
    (i) => Math.floor(i / image.width) * padded.width + i % image.width,
  );
  for (const temperature of temperatures) {
    const chosen = tf.tidy(() => {
      const { upsampleOrder, classes } = model;
      const map = probabilityMap(logits, { temperature, upsampleOrder, ...padded });
      return tf.gather(tf.reshape(map, [-1, classes]), tf.tensor1d(places, "int32"));
    });
    results.push(await chosen.data() as Float32Array);
    chosen.dispose();
  }
  logits.dispose();
  await currentBackend()?.checkErrors();
  return results;
}

/** Whether one forward pass of the whole image is all that the options ask for. */
export function isOnePass(
  { window }: WindowChoice,
  { width, height }: { width: number; height: number },
  { scales = [1], flip = false }: InferenceOptions,
): boolean {
  return scales.length === 1 && scales[0] === 1 && !flip &&
    window[0] >= height && window[1] >= width;
}

function atPixels({ channels, data }: ProbabilityMap, pixels: Int32Array): Float32Array {
  const values = new Float32Array(pixels.length * channels);
  pixels.forEach((pixel, i) => {
    values.set(data.subarray(pixel * channels, (pixel + 1) * channels), i * channels);
  });
  return values;
}

/** The class of the largest probability of each pixel, the first of equals. */
export function largestClass({ width, height, channels, data }: ProbabilityMap): LabelMap {
  const labels = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < labels.length; i++, at += channels) {
    let best = 0;
    for (let c = 1; c < channels; c++) if (data[at + c]! > data[at + best]!) best = c;
    labels[i] = best;
  }
  return { width, height, data: labels };
}

/** The image at another size. */
function scaled(image: NormalizedImage, scale: number): NormalizedImage {
  if (scale === 1) return image;
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  const [height, width] = [side(image.height), side(image.width)];
  const planes = { ...image, channels: 3, data: image.image };
  return { height, width, image: resizePlanes(planes, [height, width]) };
}

/** Mean over windows and mirror images, at the size of the image. */
async function averagePasses(
  model: SegmentationModel,
  image: NormalizedImage,
  options: ProbabilityOptions,
): Promise<ProbabilityMap> {
  const { overlap = 0.25, flip = false, temperature = 1 } = options;
  const { width, height } = image;
  const { window, notice } = chooseWindow(model, [height, width], options);
  if (notice !== null) options.onNotice?.(notice);
  const places = placeWindows([height, width], { window, overlap });
  const sum = new Float32Array(width * height * model.classes);
  const passes = new Uint16Array(width * height);
  for (const place of places) {
    const part = cut(image, place);
    for (const mirrored of flip ? [false, true] : [false]) {
      const window = mirrored ? mirror(part, { width: place.width, channels: 3 }) : part;
      const images = [{ ...place, image: window }];
      const { map: tensor, finiteness } = forward(model, images, { temperature });
      const [values] = await Promise.all([
        tensor.data<"float32">().finally(() => tensor.dispose()),
        assertFiniteLogits(finiteness, { model, images }),
      ]);
      const map = mirrored ? mirror(values, { ...place, channels: model.classes }) : values;
      addAt({ width, channels: model.classes, sum, passes }, place, { map });
    }
  }
  for (let i = 0, at = 0; i < passes.length; i++) {
    const count = passes[i]!;
    for (let c = 0; c < model.classes; c++) sum[at++]! /= count;
  }
  return { width, height, channels: model.classes, data: sum };
}

/** Pixels of a window. */
function cut({ width, image }: NormalizedImage, place: Place): Float32Array {
  const row = place.width * 3;
  const part = new Float32Array(place.height * row);
  for (let y = 0; y < place.height; y++) {
    const start = ((place.top + y) * width + place.left) * 3;
    part.set(image.subarray(start, start + row), y * row);
  }
  return part;
}

/** Mirrors rows left to right. */
function mirror(
  values: Float32Array,
  { width, channels }: { width: number; channels: number },
): Float32Array {
  const mirrored = new Float32Array(values.length);
  const row = width * channels;
  for (let start = 0; start < values.length; start += row) {
    for (let x = 0; x < width; x++) {
      const [from, to] = [start + x * channels, start + row - (x + 1) * channels];
      for (let c = 0; c < channels; c++) mirrored[to + c] = values[from + c]!;
    }
  }
  return mirrored;
}

/** Sums of probabilities over the passes over an image. */
interface Sum {
  width: number;
  channels: number;
  sum: Float32Array;
  /** Number of passes over each pixel. */
  passes: Uint16Array;
}

function addAt(
  { width, channels, sum, passes }: Sum,
  place: Place,
  { map }: { map: Float32Array },
): void {
  for (let y = 0, at = 0; y < place.height; y++) {
    const start = (place.top + y) * width + place.left;
    for (let x = 0; x < place.width; x++) passes[start + x]!++;
    const end = (start + place.width) * channels;
    for (let i = start * channels; i < end; i++) sum[i]! += map[at++]!;
  }
}
