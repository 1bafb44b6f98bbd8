/**
 * From a decoded sample to its slot in a training batch. This is all that a loading thread does
 * after decoding, and it depends on nothing but its arguments: any thread gives the same bits.
 *
 * @module
 */
import type { DataConfig } from "../../config/config.ts";
import { randomStream } from "../../util/random.ts";
import { augmentSample } from "./augment.ts";
import type { Dataset, Sample } from "../dataset.ts";
import { remapLabels } from "./remap_labels.ts";

/** What decides the bits of a prepared sample, and where they go. */
export interface PrepareOptions {
  dataset: Pick<Dataset, "classes" | "ignoreLabel" | "files">;
  config: Pick<DataConfig, "crop" | "augment" | "normalize">;
  seed: number;
  epoch: number;
  /** Index of the sample in its data set. */
  index: number;
  /** Receives RGB pixels on 0..255, `[h * w * 3]`. */
  image: Uint8Array;
  /** Receives the labels, `[h * w]`, ignored pixels as 255. */
  label: Uint8Array;
}

/**
 * Augments a sample; the surroundings of an image that is too small become the mean, in whole
 * levels. Normalising is left to the device, which then gets a quarter of the bytes.
 *
 * @returns The number of pixels that are not ignored.
 * @throws {RangeError} If a label value is neither a class nor the ignore label.
 */
export function prepareSample(sample: Sample, options: PrepareOptions): number {
  const { dataset, config, seed, epoch, index, image, label } = options;
  const { order, mean } = config.normalize;
  augmentSample(sample, {
    crop: config.crop,
    ...config.augment,
    fill: order === "rgb" ? mean : [mean[2], mean[1], mean[0]],
    ignoreLabel: dataset.ignoreLabel,
    rng: randomStream(seed, "augment", epoch, index),
    image,
    label,
  });
  const where = dataset.files ? `label "${dataset.files(index).label}"` : `sample "${sample.id}"`;
  return remapLabels(label, { ...dataset, where, width: config.crop[1] });
}
