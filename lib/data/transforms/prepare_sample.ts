/**
 * From a decoded sample to its place in a training batch, or to an item of evaluation. Both depend on
 * nothing but their arguments: bit-identical in any thread.
 *
 * @module
 */
import type { DataConfig, NormalizeConfig } from "../data_config.ts";
import { randomStream } from "../../util/random.ts";
import { augmentSample } from "./augment.ts";
import type { Size } from "../../util/schema.ts";
import { contentSize, fitImage, type FitOptions, type FittedImage } from "./network_input.ts";
import { resizeLabel } from "./resize.ts";
import { type ClassInfo, DamagedFileError, type Dataset, type Sample } from "../dataset.ts";

/** What decides the pixels of a prepared sample, and where they go. */
export interface PrepareOptions {
  dataset: Pick<Dataset, "classes" | "ignoreLabel" | "files">;
  config:
    & Pick<DataConfig, "crop" | "augment" | "normalize">
    & Partial<Pick<DataConfig, "maxClassShare">>;
  seed: number;
  epoch: number;
  /** Index of the sample in its data set. */
  index: number;
  /** Which time the sample is seen in the epoch; each is augmented differently. @default 0 */
  repetition?: number;
  /** Receives pixels on 0..255, `[h * w * channels]`. */
  image: Uint8Array;
  /** Receives the labels, `[h * w]`, ignored pixels as 255. */
  label: Uint8Array;
}

/**
 * Prepares a sample for training: augments and crops it; pixels outside the image become the mean,
 * in whole levels. The device normalises, so that it is sent bytes and not floats.
 *
 * @returns The number of pixels that are not ignored.
 * @throws {DamagedFileError} If a label value is neither a class nor the ignore label.
 */
export function prepareSample(sample: Sample, options: PrepareOptions): number {
  const { dataset, config, seed, epoch, index, repetition = 0, image, label } = options;
  const which = whichOf({ epoch, index, repetition });
  const { order, mean } = config.normalize;
  augmentSample(sample, {
    crop: config.crop,
    augment: config.augment,
    fill: order === "rgb" ? mean : mean.toReversed(),
    ignoreLabel: dataset.ignoreLabel,
    maxClassShare: config.maxClassShare ?? 1,
    rng: (...purpose) => randomStream(seed, ...purpose, ...which),
    image,
    label,
  });
  const where = dataset.files ? `label "${dataset.files(index).label}"` : `sample "${sample.id}"`;
  return remapLabels(label, { ...dataset, where, width: config.crop[1] });
}

/** What the random numbers of a sample in an epoch are named by. */
export function whichOf(
  { epoch, index, repetition }: { epoch: number; index: number; repetition: number },
): number[] {
  return repetition === 0 ? [epoch, index] : [epoch, index, repetition];
}

/** One image to score. */
export interface EvaluationItem extends FittedImage {
  id: string;
  /** Class indices of `labelSize`; 255 is ignored. Owned by the receiver. */
  label: Uint8Array;
  /** Height and width that predictions are scored at: those of the label. */
  labelSize: Size;
}

/** The size that predictions are scored at where images are resized. */
export type ScoreSize = "label" | "resized";

/** How an image becomes network input, and its label what the prediction is compared with. */
export interface EvaluationOptions extends FitOptions {
  normalize: NormalizeConfig;
  /**
   * `label`: labels keep their size, and maps are brought to it; `resized`: labels are resized as
   * images are, by the nearest pixel.
   *
   * @default "label"
   */
  scoreSize?: ScoreSize;
}

/**
 * Prepares a sample for evaluation: resizes and normalises its image, and its label where
 * `scoreSize` says so; ignored pixels become 255.
 *
 * @throws {DamagedFileError} If a label value is neither a class nor the ignore label.
 */
export function prepareEvaluationItem(
  sample: Sample,
  dataset: Pick<Dataset, "classes" | "ignoreLabel">,
  options: EvaluationOptions,
): EvaluationItem {
  const { id, image, label: { width, height, data } } = sample;
  const own = new Uint8Array(data);
  remapLabels(own, { ...dataset, where: `sample "${id}"`, width });
  const isResized = options.scoreSize === "resized";
  const labelSize = isResized ? contentSize(sample.label, options) : [height, width] as Size;
  const isOwn = labelSize[0] === height && labelSize[1] === width;
  const label = isOwn ? own : resizeLabel({ width, height, data: own }, labelSize).data;
  return { id, ...fitImage(image, options), label, labelSize };
}

/** What the values of a label map mean, and its name for errors. */
export interface RemapOptions {
  classes: readonly ClassInfo[];
  ignoreLabel: number;
  /** Names the map in an error: `sample "0042"`, a file. */
  where: string;
  /** Columns of the map, to name the place of a wrong value. */
  width: number;
}

/**
 * Turns the ignore label into 255, in place.
 *
 * @returns The number of pixels that are not ignored.
 * @throws {DamagedFileError} If a value is neither a class index nor the ignore label; names the
 * value and its first place.
 * @example
 * ```ts
 * import { remapLabels } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const label = new Uint8Array([0, 1, 0, 1]);
 * const classes = [{ name: "sky", color: [0, 0, 255] as [number, number, number] }];
 * assert.equal(remapLabels(label, { classes, ignoreLabel: 1, where: "map", width: 2 }), 2);
 * assert.deepEqual([...label], [0, 255, 0, 255]);
 * ```
 */
export function remapLabels(label: Uint8Array, options: RemapOptions): number {
  const { classes, ignoreLabel, where, width } = options;
  const count = classes.length;
  let valid = 0;
  for (let i = 0; i < label.length; i++) {
    const value = label[i]!;
    if (value === ignoreLabel) label[i] = 255;
    else if (value < count) valid++;
    else {
      throw new DamagedFileError(
        `Cannot use ${where}: label ${value} at column ${i % width}, row ` +
          `${Math.floor(i / width)} is neither a class (0..${count - 1}) nor the ignore label ` +
          `(${ignoreLabel})`,
      );
    }
  }
  return valid;
}
