/**
 * Augmentation of a training sample: the geometry of all entries and the crop as one affine warp, so
 * that pixels are interpolated once, then the entries that change pixels.
 *
 * @module
 */
import type { Size } from "../../util/schema.ts";
import { exactCos, exactSin } from "../../util/exact_math.ts";
import type { RandomStream } from "../../util/random.ts";
import { Registry } from "../../util/registry.ts";
import type { Sample } from "../dataset.ts";
import { copyShifted, warp } from "./_warp.ts";
import { affine } from "./augmentations/affine.ts";
import type {
  Augmentation,
  AugmentationConfig,
  Crop,
  Geometry,
  MixedCrop,
} from "./augmentations/augmentation.ts";
import { colorJitter } from "./augmentations/color_jitter.ts";
import { cutmix } from "./augmentations/cutmix.ts";
import { gaussianBlur } from "./augmentations/gaussian_blur.ts";
import { gaussianNoise } from "./augmentations/gaussian_noise.ts";
import { grayscale } from "./augmentations/grayscale.ts";
import { randomErasing } from "./augmentations/random_erasing.ts";
import { randomResizedCrop } from "./augmentations/random_resized_crop.ts";
import { rotate90 } from "./augmentations/rotate_90.ts";
import { verticalFlip } from "./augmentations/vertical_flip.ts";

/**
 * Every augmentation that `data.augment` can name; a new one is a file in `augmentations/` and a line
 * here. One that a program registers is known to its own thread only: set `data.workers` to 0.
 */
export const augmentations: Registry<Augmentation> = new Registry("augmentation", [
  affine,
  randomResizedCrop,
  verticalFlip,
  rotate90,
  colorJitter,
  grayscale,
  gaussianBlur,
  gaussianNoise,
  randomErasing,
  cutmix,
]);

/** How to augment and where to put the result. */
export interface AugmentOptions {
  /** Height and width of the result. */
  crop: Size;
  /** Names in {@linkcode augmentations} with all of their options, in the order of their use. */
  augment: readonly AugmentationConfig[];
  /** Pixels outside the image, a value a channel, 0..255; rounded to whole levels. */
  fill: readonly number[];
  /** Label of pixels outside the image. */
  ignoreLabel: number;
  /**
   * Largest share of a crop's labelled pixels that one class may have: up to ten places are tried,
   * the last is taken.
   * @default 1
   */
  maxClassShare?: number;
  /** Makes the stream of random numbers of a purpose; equal purposes give equal numbers. */
  rng: (...purpose: string[]) => RandomStream;
  /** Receives the pixels, `[h * w * channels]`; made if not given. */
  image?: Uint8Array;
  /** Receives the labels, `[h * w]`; made if not given. */
  label?: Uint8Array;
}

/**
 * Augments and crops a sample at random; images bilinearly with half-pixel centres, labels by the
 * nearest pixel. The crop lies anywhere inside the zoomed frame with equal chance; along an axis
 * where the frame is smaller than the crop, the frame lies anywhere inside the crop instead,
 * surrounded by `fill`. Geometry and the crop's place come from the stream `"augment"`, what else an
 * entry draws from `("augment", name)`, and where a name comes again from `("augment", name, "2")`.
 * Entries that mix samples do nothing here: see {@linkcode mixBatch}.
 *
 * @returns The buffers given in the options, or new ones.
 * @throws {RangeError} If there is no augmentation of a name.
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import { randomStream } from "@segadv/segadv/util";
 * import { augmentSample } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const sample = await (await openDataset("fixtures", { split: "train" })).read(0);
 * const { image, label } = augmentSample(sample, {
 *   crop: [32, 48],
 *   augment: [{ name: "affine", zoom: [0.5, 2], rotate: 10, flip: true }],
 *   fill: [124, 117, 104],
 *   ignoreLabel: 255,
 *   rng: (...purpose) => randomStream(1, ...purpose, 0, 0),
 * });
 * assert.deepEqual([image.length, label.length], [32 * 48 * 3, 32 * 48]);
 * ```
 */
export function augmentSample(sample: Sample, options: AugmentOptions): Crop {
  const { crop: [height, width], rng } = options;
  const entries = entriesOf(options.augment);
  const { maxClassShare = 1, ignoreLabel } = options;
  const crop: Crop = {
    width,
    height,
    fill: options.fill.map((value) => Math.round(value)),
    ignoreLabel,
    image: options.image ?? new Uint8Array(height * width * options.fill.length),
    label: options.label ?? new Uint8Array(height * width),
  };
  const stream = rng("augment");
  let geometry: Geometry = { zoom: 1, angle: 0, flip: false };
  for (const { entry, given } of entries) {
    const drawn = entry.geometry?.(given, stream, { source: sample.image, crop });
    if (drawn !== undefined) geometry = compose(geometry, drawn);
  }
  const { quarterTurns = 0 } = geometry;
  const target = quarterTurns === 0 ? crop : turnable(crop, quarterTurns);
  for (let tries = 1; tries <= PLACES; tries++) {
    const place: [number, number] = [stream.uniform(), stream.uniform()];
    warpInto(target, sample, { geometry, place });
    if (maxClassShare === 1 || largestShare(target.label, ignoreLabel) <= maxClassShare) break;
  }
  if (target !== crop) turnInto(crop, target, quarterTurns);
  for (const { entry, given, purpose } of entries) entry.pixels?.(crop, given, rng(...purpose));
  return crop;
}

/**
 * Mixes the augmented samples of a batch, in place, where an entry does so.
 *
 * @param options Names in {@linkcode augmentations} with all of their options, and what makes the
 * stream of random numbers of a sample (by its place in the batch) and a purpose.
 * @returns Whether there was such an entry.
 * @throws {RangeError} If there is no augmentation of a name.
 * @example
 * ```ts
 * import { randomStream } from "@segadv/segadv/util";
 * import { mixBatch } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const crops = [0, 1].map((label) => ({
 *   width: 8,
 *   height: 8,
 *   image: new Uint8Array(192).fill(100 * label),
 *   label: new Uint8Array(64).fill(label),
 * }));
 * const isMixed = mixBatch(crops, {
 *   augment: [{ name: "cutmix", p: 1, alpha: 1 }],
 *   rng: (sample, ...purpose) => randomStream(1, ...purpose, 0, sample),
 * });
 * assert.ok(isMixed);
 * assert.ok(crops[0]!.image.every((value, i) => value === 100 * crops[0]!.label[i / 3 | 0]!));
 * ```
 */
export function mixBatch(
  crops: readonly MixedCrop[],
  options: {
    augment: readonly AugmentationConfig[];
    rng: (sample: number, ...purpose: string[]) => RandomStream;
  },
): boolean {
  const mixing = entriesOf(options.augment).filter(({ entry }) => entry.batch !== undefined);
  for (const { entry, given, purpose } of mixing) {
    entry.batch!(crops, given, (sample) => options.rng(sample, ...purpose));
  }
  return mixing.length > 0;
}

/** Entries with their options and what names their streams. */
function entriesOf(augment: readonly AugmentationConfig[]) {
  return augment.map((given, i) => {
    const before = augment.slice(0, i).filter(({ name }) => name === given.name).length;
    const purpose = ["augment", given.name, ...before > 0 ? [String(before + 1)] : []];
    return { given, entry: augmentations.get(given.name), purpose };
  });
}

/** What a crop is before its quarter turns. */
function turnable({ width, height, ...rest }: Crop, turns: number): Crop {
  const isOdd = turns % 2 === 1;
  const pixels = width * height;
  return {
    ...rest,
    width: isOdd ? height : width,
    height: isOdd ? width : height,
    image: new Uint8Array(pixels * rest.fill.length),
    label: new Uint8Array(pixels),
  };
}

/** Turns a crop clockwise into another. */
function turnInto(crop: Crop, from: Crop, turns: number): void {
  const { width, height, fill: { length: channels } } = from;
  // Pixel at (x, y) of the turned crop: from[start + x * right + y * down]
  const [start, right, down] = turns === 1
    ? [(height - 1) * width, -width, 1]
    : turns === 2
    ? [width * height - 1, -1, -width]
    : [width - 1, width, -1];
  for (let y = 0, to = 0; y < crop.height; y++) {
    for (let x = 0, at = start + y * down; x < crop.width; x++, to++, at += right) {
      crop.label[to] = from.label[at]!;
      for (let c = 0; c < channels; c++) {
        crop.image[to * channels + c] = from.image[at * channels + c]!;
      }
    }
  }
}

/** Places of a crop that are tried where one class has too large a share. */
const PLACES = 10;

/** Share of the most frequent class among the labelled pixels; 1 where there are none. */
function largestShare(label: Uint8Array, ignoreLabel: number): number {
  const counts = new Uint32Array(256);
  for (const value of label) counts[value]!++;
  const labelled = label.length - counts[ignoreLabel]!;
  counts[ignoreLabel] = 0;
  const most = counts.reduce((a, b) => Math.max(a, b));
  return labelled === 0 ? 1 : most / labelled;
}

function compose(first: Geometry, second: Geometry): Geometry {
  return {
    zoom: first.zoom * second.zoom,
    angle: first.angle + second.angle,
    flip: first.flip !== second.flip,
    stretch: (first.stretch ?? 1) * (second.stretch ?? 1),
    quarterTurns: ((first.quarterTurns ?? 0) + (second.quarterTurns ?? 0)) % 4,
  };
}

/** One warp. */
interface WarpOptions {
  geometry: Geometry;
  /** Place of the crop across and down, uniform in [0, 1). */
  place: [across: number, down: number];
}

function warpInto(crop: Crop, sample: Sample, options: WarpOptions): void {
  const { geometry: { zoom, angle, flip, stretch = 1 }, place: [across, down] } = options;
  const { image: source } = sample;
  const frameWidth = Math.max(1, Math.round(source.width * zoom * stretch));
  const frameHeight = Math.max(1, Math.round(source.height * zoom));
  const left = offset(across, frameWidth - crop.width);
  const top = offset(down, frameHeight - crop.height);
  if (angle === 0 && frameWidth === source.width && frameHeight === source.height) {
    copyShifted(sample, { target: crop, left, top, flip });
    return;
  }
  // Inverse map, from the crop's pixel (X, Y) to the source: frame, mirror, turn, zoom.
  const [cos, sin] = [exactCos(angle), exactSin(angle)];
  const [shrinkX, shrinkY] = [source.width / frameWidth, source.height / frameHeight];
  const mirror = flip ? -1 : 1;
  const dx = mirror * (0.5 + left - frameWidth / 2);
  const dy = 0.5 + top - frameHeight / 2;
  warp(sample, {
    target: crop,
    xx: shrinkX * cos * mirror,
    xy: shrinkX * sin,
    x0: shrinkX * (frameWidth / 2 + cos * dx + sin * dy) - 0.5,
    yx: -shrinkY * sin * mirror,
    yy: shrinkY * cos,
    y0: shrinkY * (frameHeight / 2 - sin * dx + cos * dy) - 0.5,
  });
}

/** Offset of the crop in its frame; negative where the frame is the smaller one. */
function offset(u: number, margin: number): number {
  const pixels = Math.floor(u * (Math.abs(margin) + 1));
  return margin >= 0 ? pixels : -pixels;
}
