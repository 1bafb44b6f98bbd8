/**
 * Class probabilities of an image, averaged over all passes of a view.
 *
 * @module
 */
import type { Size } from "../../config/config.ts";
import type { LabelMap } from "../../data/dataset.ts";
import { type Planes, resizePlanes } from "../../data/transforms/resize.ts";
import { currentBackend } from "../../backend/use_backend.ts";
import { chooseWindow } from "./choose_window.ts";
import { forward, type NormalizedImage } from "./forward.ts";
import { type Place, placeWindows } from "./place_windows.ts";
import type { SegmentationModel } from "../segmentation_model.ts";
import type { InferenceOptions } from "./inference_options.ts";

/** Probabilities `[height * width * channels]`, a channel a class. */
export interface ProbabilityMap extends Planes {
  data: Float32Array;
}

/**
 * Looks at an image as `options` say and averages the class probabilities: over windows where they
 * overlap, over the image and its mirror image, and over scales, each resized back bilinearly.
 * Sums are taken outside the backend, so that no more than one window is on it.
 *
 * @returns At the size of the image, at T = 1; owned by the caller.
 * @throws {RangeError} If the image is empty or an option is out of range.
 * @throws {Error} If the device reported an error.
 *
 * @example
 * ```ts
 * import { buildModel, defaultConfig, predictProbabilities, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const config = { ...defaultConfig().model, name: "fcn8s-vgg16", width: 1 / 64 };
 * const model = buildModel(config, { classes: 4, seed: 1 });
 * const image = { width: 2, height: 3, image: new Float32Array(2 * 3 * 3) };
 * const { data } = await predictProbabilities(model, image, { scales: [1, 2], flip: true });
 * assert.equal(data.length, 2 * 3 * 4);
 * assert.ok(data.every((probability) => probability === 0.25)); // score layers start at zero
 * ```
 */
export async function predictProbabilities(
  model: SegmentationModel,
  image: NormalizedImage,
  options: InferenceOptions = {},
): Promise<ProbabilityMap> {
  const { scales = [1] } = options;
  if (scales.length === 0 || !scales.every((scale) => scale > 0 && scale < Infinity)) {
    throw new RangeError(`Cannot predict at scales [${scales}]: name one or more above 0`);
  }
  const size: Size = [image.height, image.width];
  let total: ProbabilityMap | null = null;
  for (const scale of scales) {
    const seen = scaled(image, scale);
    const map = await averagePasses(model, seen, options);
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
  view: InferenceOptions,
): Promise<ProbabilityMap> {
  const { overlap = 0.25, flip = false } = view;
  const { width, height } = image;
  const { window, notice } = chooseWindow(model, [height, width], view);
  if (notice !== null) view.onNotice?.(notice);
  const places = placeWindows([height, width], { window, overlap });
  const sum = new Float32Array(width * height * model.classes);
  const passes = new Uint16Array(width * height);
  for (const place of places) {
    const part = cut(image, place);
    for (const mirrored of flip ? [false, true] : [false]) {
      const seen = mirrored ? mirror(part, { width: place.width, channels: 3 }) : part;
      const tensor = forward(model, [{ ...place, image: seen }]);
      const values = await tensor.data() as Float32Array;
      tensor.dispose();
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

/** Left and right exchanged. */
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

/** What the passes over an image add up to. */
interface Sum {
  width: number;
  channels: number;
  sum: Float32Array;
  /** How many passes saw each pixel. */
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
