/**
 * Checks a split before time is spent on training.
 *
 * @module
 */
import type { SkippedSample } from "../loader/batch.ts";
import { DamagedFileError, type Dataset } from "../dataset.ts";
import type { ScanProgress } from "../scan/scan_threads.ts";
import { sharedImages, type SplitContents } from "../scan/shared_images.ts";
import { scanSplit } from "./_scan_split.ts";
import { diagnoseValues } from "./split_findings.ts";

/** What {@linkcode checkDataset} counted. */
export interface DatasetCheck extends SplitContents {
  dataset: Dataset;
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
  const scan = await scanSplit(dataset, { onProgress: options.onProgress });
  const wrong: { index: number; value: number; at: number; width: number }[] = [];
  for (const { index, facts } of scan.samples) {
    if ("fault" in facts) {
      const error = new (facts.damaged ? DamagedFileError : Error)(facts.fault);
      if (options.onDamaged === undefined || !facts.damaged) throw error;
      options.onDamaged({ id: ids[index]!, message: facts.fault });
      continue;
    }
    const fault = facts.values.find(([value]) => value >= classes.length && value !== ignoreLabel);
    if (fault !== undefined) {
      wrong.push({ index, value: fault[0], at: fault[2], width: facts.width });
    }
  }
  const { report: { read, broken, pixels, images, ignored, histogram }, contents } = scan;
  const counted = { dataset, contents, samples: read - broken.length, pixels, images, ignored };
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
 * Refuses checked splits that have images in common.
 *
 * @throws {RangeError} Naming the first.
 */
export function requireApart(train: DatasetCheck, validation: DatasetCheck): void {
  const shared = sharedImages(train, validation);
  const [own, other] = [train.dataset.split, validation.dataset.split];
  const [first] = shared;
  if (first === undefined) return;
  const count = shared.length === 1 ? "1 image is" : `${shared.length} images are`;
  throw new RangeError(
    `Cannot train on split "${own}": ${count} both in ${own} and in ${other} ("${first[0]}" = ` +
      `"${first[1]}"): scores on ${other} would be ` +
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
