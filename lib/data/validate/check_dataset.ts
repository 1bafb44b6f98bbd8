/**
 * Checks a split before time is spent on training.
 *
 * @module
 */
import type { SkippedSample } from "../loader/batch.ts";
import { DamagedFileError, type Dataset, type Sample } from "../dataset.ts";

/** What {@linkcode checkDataset} counted. */
export interface DatasetCheck {
  /** Samples read. */
  samples: number;
  /** Pixels of each class, in class order. */
  pixels: number[];
  /** Samples in which each class occurs, in class order. */
  images: number[];
  /** Pixels with the ignore label. */
  ignored: number;
}

/** How much to read. */
export interface CheckOptions {
  /**
   * Largest number of samples to read, spread evenly over the split.
   *
   * @default as many as hold 2 ** 27 pixels: about ten seconds of reading
   */
  sampleLimit?: number;
  /** Called for each sample whose files are damaged, instead of an error at the first. */
  onDamaged?: (sample: SkippedSample) => void;
}

const PIXEL_BUDGET = 2 ** 27;

/**
 * Reads samples of a split and checks that every pair is there, can be decoded, is of one size, and
 * that its label values are classes or the ignore label.
 *
 * @throws {Error} At the first fault, in one line that names the file.
 * @throws {DamagedFileError} If a label value is neither a class nor the ignore label.
 * @throws {RangeError} If every pixel read is ignored.
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import { checkDataset } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const checked = await checkDataset(await openDataset("fixtures", { split: "train" }));
 * assert.equal(checked.samples, 24);
 * assert.ok(checked.pixels.every((count) => count > 0));
 * ```
 */
export async function checkDataset(
  dataset: Dataset,
  options: CheckOptions = {},
): Promise<DatasetCheck> {
  const { classes, ignoreLabel, ids } = dataset;
  const counted: DatasetCheck = {
    samples: 0,
    pixels: classes.map(() => 0),
    images: classes.map(() => 0),
    ignored: 0,
  };
  let count = Math.min(ids.length, options.sampleLimit ?? ids.length);
  for (let i = 0; i < count; i++) {
    const index = Math.floor(i * ids.length / count);
    const histogram = await readHistogram(dataset, index).catch((error) => {
      if (options.onDamaged === undefined || !(error instanceof DamagedFileError)) throw error;
      options.onDamaged({ id: ids[index]!, message: error.message });
      return null;
    });
    if (histogram === null) continue;
    if (counted.samples === 0 && options.sampleLimit === undefined) {
      const pixels = histogram.reduce((sum, value) => sum + value, 0);
      count = Math.min(count, Math.ceil(PIXEL_BUDGET / pixels));
    }
    for (let index = 0; index < classes.length; index++) {
      if (index === ignoreLabel) continue;
      counted.pixels[index]! += histogram[index]!;
      if (histogram[index]! > 0) counted.images[index]!++;
    }
    counted.ignored += histogram[ignoreLabel]!;
    counted.samples++;
  }
  if (counted.samples > 0 && counted.pixels.every((pixels) => pixels === 0)) {
    throw new RangeError(
      `Cannot train on split "${dataset.split}": every pixel of the ${counted.samples} samples read ` +
        `has the ignore label ${ignoreLabel}`,
    );
  }
  return counted;
}

/** Pixels of each label value in a sample, all of which may occur. */
async function readHistogram(dataset: Dataset, index: number): Promise<Float64Array> {
  const sample = await dataset.read(index);
  const histogram = new Float64Array(256);
  for (const value of sample.label.data) histogram[value]!++;
  const where = dataset.files ? `label "${dataset.files(index).label}"` : `sample "${sample.id}"`;
  checkValues(sample, { histogram, dataset, where });
  return histogram;
}

interface ValueContext {
  histogram: Float64Array;
  dataset: Dataset;
  /** Names the label map in an error. */
  where: string;
}

function checkValues(sample: Sample, { histogram, dataset, where }: ValueContext): void {
  const { classes, ignoreLabel } = dataset;
  const wrong = histogram.findIndex((count, value) =>
    count > 0 && value >= classes.length && value !== ignoreLabel
  );
  if (wrong < 0) return;
  const at = sample.label.data.indexOf(wrong);
  const width = sample.label.width;
  throw new DamagedFileError(
    `Cannot use ${where} of split "${dataset.split}": value ${wrong} at column ` +
      `${at % width}, row ${Math.floor(at / width)} is neither a class (0..${
        classes.length - 1
      }) ` +
      `nor the ignore label (${ignoreLabel})${advice(wrong)}`,
  );
}

/** The usual remedy. */
function advice(value: number): string {
  return value === 255
    ? "; if 255 marks pixels to leave out, declare it: set ignore to 255 in classes.json"
    : "";
}
