/**
 * Class probabilities of an image, averaged over windows, scales and the mirror image.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Size } from "../../util/schema.ts";
import type { LabelMap } from "../../data/dataset.ts";
import type { Planes } from "../../data/transforms/resize.ts";
import { currentBackend } from "../../backend/use_backend.ts";
import { assertFiniteLogits, forwardLogits, type NormalizedImage } from "./forward.ts";
import {
  contentOf,
  type InferenceImage,
  probabilityLines,
  type ProbabilityOptions,
} from "./probability_lines.ts";
import { chooseWindow, type WindowChoice } from "./windows.ts";
import { probabilityMap, type SegmentationModel } from "../segmentation_model.ts";
import type { InferenceOptions } from "./inference_options.ts";

export type { InferenceImage, ProbabilityOptions } from "./probability_lines.ts";

/** Probabilities `[height * width * channels]`, a channel a class. */
export interface ProbabilityMap extends Planes {
  data: Float32Array;
}

/**
 * Averages the class probabilities softmax(logits / T) of an image: over windows where they overlap,
 * weighted by a Hann window, so that one fades into the next; over scales, each resized back
 * bilinearly; and over the image and its mirror image. Sums are taken outside the backend, so that it
 * holds only one window at a time. With `flip`, the mirror image gives the mirrored map: bit for bit
 * in windows, in a letterbox and as it is, and to the rounding of its resizes where a whole image is
 * stretched or scaled.
 *
 * @returns At the size of the image without its padding, or at `size`; owned by the caller.
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
  image: InferenceImage,
  options: ProbabilityOptions = {},
): Promise<ProbabilityMap> {
  const { axis, map } = probabilityLines(model, image, options);
  const { count, length, channels } = map;
  const [height, width] = axis === "rows" ? [count, length] : [length, count];
  const data = new Float32Array(height * width * channels);
  for (let line = 0; line < count; line++) {
    const values = await map.read(line);
    if (axis === "rows") data.set(values, line * length * channels);
    else {
      for (let y = 0; y < height; y++) {
        const pixel = values.subarray(y * channels, (y + 1) * channels);
        data.set(pixel, (y * width + line) * channels);
      }
    }
  }
  await currentBackend()?.checkErrors();
  return { width, height, channels, data };
}

/**
 * The class of the largest probability of each pixel. Only some lines of probabilities are in memory
 * at a time, however long the image is.
 *
 * @returns At the size of the image without its padding, or at `size`.
 * @throws {NonFiniteNetworkError} If a logit is NaN or infinite.
 * @throws {RangeError} If the image is empty or an option is out of range.
 * @throws {Error} If the device reported an error.
 */
export async function predictClasses(
  model: SegmentationModel,
  image: InferenceImage,
  options: ProbabilityOptions = {},
): Promise<LabelMap> {
  const { axis, map } = probabilityLines(model, image, options);
  const { count, length, channels } = map;
  const [height, width] = axis === "rows" ? [count, length] : [length, count];
  const data = new Uint8Array(height * width);
  for (let line = 0; line < count; line++) {
    const labels = largestOf(await map.read(line), channels);
    if (axis === "rows") data.set(labels, line * width);
    else for (let y = 0; y < height; y++) data[y * width + line] = labels[y]!;
  }
  await currentBackend()?.checkErrors();
  return { width, height, data };
}

/** Options of {@linkcode predictPixels}. */
export interface PixelOptions extends InferenceOptions {
  /** Indices `y * width + x` of the pixels in the map. */
  pixels: Int32Array;
  temperatures: readonly number[];
  /**
   * Height and width of the map.
   * @default those of the image without its padding
   */
  size?: Size;
}

/**
 * Class probabilities of some pixels of an image at several temperatures: those that
 * {@linkcode predictProbabilities} gives, from a single forward pass where the whole image is one
 * window and the options name neither scales, a flip nor another size.
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
  image: InferenceImage,
  options: PixelOptions,
): Promise<Float32Array[]> {
  const { pixels, temperatures, ...inference } = options;
  const content = contentOf(image);
  const { size = content } = options;
  const choice = chooseWindow(model, [image.height, image.width], inference);
  if (isOnePass(choice, image, inference) && `${size}` === `${content}`) {
    return await pixelsOfOnePass(model, image, { pixels, temperatures, width: size[1] });
  }
  const results: Float32Array[] = [];
  for (const temperature of temperatures) {
    const { axis, map } = probabilityLines(model, image, { ...inference, temperature });
    const { count, channels } = map;
    const wanted = Array.from({ length: count }, (): { at: number; i: number }[] => []);
    for (const [i, pixel] of pixels.entries()) {
      const [row, column] = [Math.floor(pixel / size[1]), pixel % size[1]];
      const [line, at] = axis === "rows" ? [row, column] : [column, row];
      wanted[line]!.push({ at, i });
    }
    const values = new Float32Array(pixels.length * channels);
    for (const [line, places] of wanted.entries()) {
      if (places.length === 0) continue;
      const all = await map.read(line);
      for (const { at, i } of places) {
        values.set(all.subarray(at * channels, (at + 1) * channels), i * channels);
      }
    }
    results.push(values);
  }
  await currentBackend()?.checkErrors();
  return results;
}

async function pixelsOfOnePass(
  model: SegmentationModel,
  image: NormalizedImage,
  { pixels, temperatures, width }: {
    pixels: Int32Array;
    temperatures: readonly number[];
    /** Columns of the map. */
    width: number;
  },
): Promise<Float32Array[]> {
  const results: Float32Array[] = [];
  const { logits, finiteness, padded } = forwardLogits(model, [image]);
  await assertFiniteLogits(finiteness, { model, images: [image] }).catch((error) => {
    logits.dispose();
    throw error;
  });
  const places = Int32Array.from(
    pixels,
    (i) => Math.floor(i / width) * padded.width + i % width,
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

/** The class of the largest probability of each pixel, the first of equals. */
export function largestClass({ width, height, channels, data }: ProbabilityMap): LabelMap {
  return { width, height, data: largestOf(data, channels) };
}

function largestOf(probabilities: Float32Array, channels: number): Uint8Array<ArrayBuffer> {
  const labels = new Uint8Array(probabilities.length / channels);
  for (let i = 0, at = 0; i < labels.length; i++, at += channels) {
    let best = 0;
    for (let c = 1; c < channels; c++) {
      if (probabilities[at + c]! > probabilities[at + best]!) best = c;
    }
    labels[i] = best;
  }
  return labels;
}
