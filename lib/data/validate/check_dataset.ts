/**
 * Checks a split before time is spent on training.
 *
 * @module
 */
import type { SkippedSample } from "../loader/batch.ts";
import { DamagedFileError, type Dataset } from "../dataset.ts";
import { findSharedFiles } from "../scan/shared_files.ts";
import { scanSamples } from "../scan/scan_samples.ts";
import type { ScanProgress } from "../scan/scan_threads.ts";
import { diagnoseValues } from "./split_findings.ts";

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

/** How a split is checked. */
export interface CheckOptions {
  /** Called for each sample whose files are damaged, instead of an error at the first. */
  onDamaged?: (sample: SkippedSample) => void;
  /**
   * Whether the split is to be trained on: then its labels must show more than one class.
   *
   * @default false
   */
  isTraining?: boolean;
  /**
   * Whether every pixel may have the ignore label, as where the truth is not published.
   *
   * @default false
   */
  mayBeIgnored?: boolean;
  /** Called after each sample. */
  onProgress?: ScanProgress;
}

/**
 * Checks every sample of a split: that the pair is there, the label can be decoded, both are of one
 * size, and that label values are classes or the ignore label. Files that were checked before are
 * known from the user's cache folder by path, size and time, or by their content.
 *
 * @throws {Error} At the first fault, in one line that names the file.
 * @throws {DamagedFileError} If a label value is neither a class nor the ignore label.
 * @throws {RangeError} If every pixel is ignored, if a training split shows one class only, or if
 * the values of all labels together are those of another encoding.
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
  const { classes, ignoreLabel, ids, split } = dataset;
  const counted: DatasetCheck = {
    samples: 0,
    pixels: classes.map(() => 0),
    images: classes.map(() => 0),
    ignored: 0,
  };
  const histogram: number[] = new Array(256).fill(0);
  const wrong: { index: number; value: number; at: number; width: number }[] = [];
  const scans = await scanSamples(dataset, [...ids.keys()], options.onProgress);
  for (const [index, scan] of scans.entries()) {
    if ("fault" in scan) {
      const error = new (scan.damaged ? DamagedFileError : Error)(scan.fault);
      if (options.onDamaged === undefined || !scan.damaged) throw error;
      options.onDamaged({ id: ids[index]!, message: scan.fault });
      continue;
    }
    const fault = scan.values.find(([value]) => value >= classes.length && value !== ignoreLabel);
    if (fault !== undefined) {
      wrong.push({ index, value: fault[0], at: fault[2], width: scan.width });
    }
    for (const [value, pixels] of scan.values) {
      histogram[value]! += pixels;
      if (value === ignoreLabel) counted.ignored += pixels;
      else if (value < classes.length) {
        counted.pixels[value]! += pixels;
        counted.images[value]!++;
      }
    }
    counted.samples++;
  }
  refuseValues(dataset, { histogram, wrong, onDamaged: options.onDamaged });
  if (counted.samples === 0) return counted;
  const present = classes.filter((_, c) => counted.pixels[c]! > 0);
  if (present.length === 0) {
    if (options.mayBeIgnored === true) return counted;
    throw new RangeError(
      `Cannot train on split "${split}": every pixel of its ${counted.samples} samples has the ` +
        `ignore label ${ignoreLabel}`,
    );
  }
  if (options.isTraining === true && present.length === 1) {
    throw new RangeError(
      `Cannot train on split "${split}": all of its ${counted.samples} labels show the class ` +
        `"${present[0]!.name}" only` +
        (present[0] === classes[0] ? ", as where a converter left every mask 0" : "") +
        "; check the masks with: segadv inspect data",
    );
  }
  return counted;
}

/**
 * Refuses splits that have images in common: equal files, of which only those of equal size are read.
 *
 * @throws {RangeError} Naming the first.
 */
export async function requireApart(train: Dataset, validation: Dataset): Promise<void> {
  const shared = await findSharedFiles(train, validation);
  const [first] = shared;
  if (first === undefined) return;
  const count = shared.length === 1 ? "1 image is" : `${shared.length} images are`;
  throw new RangeError(
    `Cannot train on split "${train.split}": ${count} both in ${train.split} and in ` +
      `${validation.split} ("${first[0]}" = "${
        first[1]
      }"): scores on ${validation.split} would be ` +
      `of images used in training; remove them from one of the two`,
  );
}

/** Refuses values that are no classes: by their likely cause where many files have them. */
function refuseValues(
  dataset: Dataset,
  { histogram, wrong, onDamaged }: {
    histogram: readonly number[];
    wrong: readonly { index: number; value: number; at: number; width: number }[];
    onDamaged: CheckOptions["onDamaged"];
  },
): void {
  const { classes, ignoreLabel, ids, split } = dataset;
  const stretched = diagnoseValues(histogram, dataset).find(({ severity }) => severity === "error");
  const [first] = wrong;
  if (first === undefined) {
    const isFault = stretched !== undefined && !/^every pixel/.test(stretched.message);
    if (isFault) throw new RangeError(`Cannot use split "${split}": ${stretched.message}`);
    return;
  }
  const { index, value, at, width } = first;
  const where = dataset.files ? `label "${dataset.files(index).label}"` : `sample "${ids[index]}"`;
  const message = `Cannot use ${where} of split "${split}": value ${value} at column ` +
    `${at % width}, row ${Math.floor(at / width)} is neither a class (0..${classes.length - 1}) ` +
    `nor the ignore label (${ignoreLabel})`;
  const isRare = wrong.length * 10 <= ids.length || wrong.length === 1 && ids.length > 1;
  const others = wrong.length > 1
    ? `; so have ${wrong.length - 1} more of ${ids.length} labels`
    : "";
  // What all labels have in common says more than one of them
  const cause = isRare ? "" : `; ${stretched?.message ?? ""}`;
  if (onDamaged === undefined) {
    throw new DamagedFileError(message + others + (cause === "; " ? "" : cause) + advice(value));
  }
  for (const { index } of wrong) onDamaged({ id: ids[index]!, message });
}

/** The usual remedy. */
function advice(value: number): string {
  return value === 255
    ? "; if 255 marks pixels to leave out, declare it: set ignore to 255 in classes.json"
    : "";
}
