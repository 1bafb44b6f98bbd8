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
} from "./augmentations/augmentation.ts";

/**
 * Every augmentation that `data.augment` can name; a new one is a file in `augmentations/` and a line
 * here. One that a program registers is known to its own thread only: set `data.workers` to 0.
 */
export const augmentations: Registry<Augmentation> = new Registry("augmentation", [affine]);

/** How to augment and where to put the result. */
export interface AugmentOptions {
  /** Height and width of the result. */
  crop: Size;
  /** Names in {@linkcode augmentations} with all of their options, in the order of their use. */
  augment: readonly AugmentationConfig[];
  /** RGB of pixels outside the image, 0..255; rounded to whole levels. */
  fill: readonly [number, number, number];
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
  /** Receives the pixels, `[h * w * 3]`; made if not given. */
  image?: Uint8Array;
  /** Receives the labels, `[h * w]`; made if not given. */
  label?: Uint8Array;
}

/**
 * Augments and crops a sample at random; images bilinearly with half-pixel centres, labels by the
 * nearest pixel. The crop lies anywhere inside the zoomed frame with equal chance; along an axis
 * where the frame is smaller than the crop, the frame lies anywhere inside the crop instead,
 * surrounded by `fill`. Geometry and the crop's place come from the stream `"augment"`, what else an
 * entry draws from `("augment", name)`.
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
  const entries = options.augment.map((given) => ({ given, ...augmentations.get(given.name) }));
  const crop: Crop = {
    width,
    height,
    image: options.image ?? new Uint8Array(height * width * 3),
    label: options.label ?? new Uint8Array(height * width),
  };
  const stream = rng("augment");
  let geometry: Geometry = { zoom: 1, angle: 0, flip: false };
  for (const entry of entries) {
    if (entry.geometry) geometry = compose(geometry, entry.geometry(entry.given, stream));
  }
  const { maxClassShare = 1, ignoreLabel } = options;
  for (let tries = 1; tries <= PLACES; tries++) {
    const place: [number, number] = [stream.uniform(), stream.uniform()];
    warpInto(crop, sample, { ...options, geometry, place });
    if (maxClassShare === 1 || largestShare(crop.label, ignoreLabel) <= maxClassShare) break;
  }
  for (const { name, given, pixels } of entries) pixels?.(crop, given, rng("augment", name));
  return crop;
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
  };
}

/** One warp, and what fills pixels outside the image. */
interface WarpOptions extends Pick<AugmentOptions, "fill" | "ignoreLabel"> {
  geometry: Geometry;
  /** Place of the crop across and down, uniform in [0, 1). */
  place: [across: number, down: number];
}

function warpInto(crop: Crop, sample: Sample, options: WarpOptions): void {
  const { geometry: { zoom, angle, flip }, place: [across, down], ignoreLabel } = options;
  const [red, green, blue] = options.fill;
  const fill = [Math.round(red), Math.round(green), Math.round(blue)] as const;
  const target = { ...crop, fill, ignoreLabel };
  const { image: source } = sample;
  const frameWidth = Math.max(1, Math.round(source.width * zoom));
  const frameHeight = Math.max(1, Math.round(source.height * zoom));
  const left = offset(across, frameWidth - crop.width);
  const top = offset(down, frameHeight - crop.height);
  if (angle === 0 && frameWidth === source.width && frameHeight === source.height) {
    copyShifted(sample, { target, left, top, flip });
    return;
  }
  // Inverse map, from the crop's pixel (X, Y) to the source: frame, mirror, turn, zoom.
  const [cos, sin] = [exactCos(angle), exactSin(angle)];
  const [shrinkX, shrinkY] = [source.width / frameWidth, source.height / frameHeight];
  const mirror = flip ? -1 : 1;
  const dx = mirror * (0.5 + left - frameWidth / 2);
  const dy = 0.5 + top - frameHeight / 2;
  warp(sample, {
    target,
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
