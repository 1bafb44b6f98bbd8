/**
 * The interface between data on disk and everything else: a dataset knows its classes and reads its
 * i-th sample; it may keep decoded samples in memory.
 *
 * @module
 */
import type { RegistryEntry } from "../util/registry.ts";
import type { PictureOptions } from "./codecs/raster.ts";
import type { DataHints, FolderLayout } from "./layout/folder_layout.ts";

/** An 8-bit image, row-major, interleaved: `data.length === width * height * channels`. */
export interface RgbImage {
  width: number;
  height: number;
  data: Uint8Array;
  /** Absent: 3, red, green and blue. */
  channels?: number;
}

/** A label map, row-major: `data[y * width + x]` is a class index or the ignore label. */
export interface LabelMap {
  width: number;
  height: number;
  data: Uint8Array;
}

/** An instance map, row-major, numbered as its data set does. */
export interface InstanceMap {
  width: number;
  height: number;
  data: Uint16Array;
}

/** One image and its label map, of equal size. */
export interface Sample {
  /** Stable name, used in events and error messages. */
  id: string;
  image: RgbImage;
  label: LabelMap;
}

/** One semantic class. */
export interface ClassInfo {
  name: string;
  /** RGB, 0..255. */
  color: [number, number, number];
}

/** A split of a data set. `read` decodes on demand; nothing is kept by the dataset itself. */
export interface Dataset {
  /** Name of the reader, such as `voc`. */
  name: string;
  split: string;
  /** Classes in index order: label value i means `classes[i]`. */
  classes: ClassInfo[];
  /** The label value that is left out of losses and metrics, as it stands in `Sample.label`. */
  ignoreLabel: number;
  /** Sample names in the order of the split. */
  ids: string[];
  /**
   * Reads one sample.
   *
   * @param pictures How its picture is read, where the reader leaves that open.
   * @throws {DamagedFileError} If the content of a file is at fault, or image and label differ in
   * size; the message names the file.
   * @throws {Error} If a file is missing or unreadable; the message names it.
   */
  read(index: number, pictures?: PictureOptions): Promise<Sample>;
  /** What is in the data set's files and in none of its splits, a line each. */
  notices?: readonly string[];
  /** Whether one file holds the labels of several samples. */
  labelsShareFiles?: boolean;
  /** How its folder is read, where that was found out or given (reader `folder`). */
  layout?: FolderLayout;
  /**
   * Reads a sample's label map alone, where that is a file of its own.
   *
   * @throws {DamagedFileError} If the content of the file is at fault; the message names it.
   * @throws {Error} If the file is missing or unreadable; the message names it.
   */
  readLabel?(index: number): Promise<LabelMap>;
  /** Paths of a sample's files, for messages; absent where samples are no files. */
  files?(index: number): { image: string; label: string };
  /**
   * Reads the instance map of a sample, where the data set has them.
   *
   * @throws {DamagedFileError} If the content of the file is at fault; the message names it.
   * @throws {Error} If the file is missing or unreadable; the message names it.
   */
  readInstances?(index: number): Promise<InstanceMap>;
}

/** Opens data sets of one layout: one entry feeds schema, command line, help and documentation. */
export interface DatasetReader extends RegistryEntry {
  /** Whether `data.dir` is needed. */
  readonly needsDir: boolean;
  /**
   * Module that registers this reader when it is imported, as its `import.meta.url`; without it, only
   * the main thread can load the data. Built-in readers need none.
   */
  readonly module?: string;
  /** Whether a folder has the reader's layout; cheap, without side effects, and never rejects. */
  matches(dir: string): Promise<boolean>;
  /**
   * Opens a split.
   *
   * @throws {MissingSplitError} If the split does not exist or is empty.
   * @throws {Error} If the folder does not have the reader's layout; the message names what lacks.
   */
  open(options: ReaderOptions): Promise<Dataset>;
}

/** What a reader opens. */
export interface ReaderOptions {
  dir: string | null;
  split: string;
  /** How the folder is read, where that is known (reader `folder`). */
  layout?: FolderLayout | null | undefined;
  /** What the user says where it is not. */
  hints?: DataHints | undefined;
}

/** A data set that has its reader's layout lacks a split, or the split has no samples. */
export class MissingSplitError extends RangeError {
  override readonly name: string = "MissingSplitError";
}

/** The folder of a data set (`data.dir`) is not there: it may have moved. */
export class MissingFolderError extends Error {
  override readonly name: string = "MissingFolderError";
}

/**
 * The content of a file is at fault, as opposed to a disk or a network that fails today: reading it
 * again would not help. Such samples are those that `data.onCorrupt: skip` leaves out.
 */
export class DamagedFileError extends Error {
  override readonly name: string = "DamagedFileError";
}

/**
 * The samples of a split.
 *
 * @throws {MissingSplitError} If there is no such split or it is empty; names the splits there are.
 */
export function requireSplit<T>(
  splits: Record<string, T[]>,
  { split, where }: { split: string; where: string },
): T[] {
  const samples = Object.hasOwn(splits, split) ? splits[split]! : [];
  if (samples.length > 0) return samples;
  const filled = Object.keys(splits).filter((name) => splits[name]!.length > 0);
  throw new MissingSplitError(
    `Cannot open split "${split}" of ${where}: ` +
      (Object.hasOwn(splits, split) ? "it is empty" : "there is none of that name") +
      (filled.length > 0 ? `, available: ${filled.join(", ")}` : ", and no other split either"),
  );
}

/**
 * A data set that keeps the samples it has decoded until they fill `mebibytes`, and decodes the
 * others each time. Nothing is evicted: under random order without repetition that keeps the hit
 * rate at its best, the share of the data set that fits. The samples are shared: do not write into
 * them.
 *
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import { cacheSamples } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const dataset = cacheSamples(await openDataset("fixtures", { split: "val" }), 16);
 * assert.equal(await dataset.read(0), await dataset.read(0));
 * ```
 */
export function cacheSamples(dataset: Dataset, mebibytes: number): Dataset {
  const kept = new Map<number, Sample>();
  let free = mebibytes * 2 ** 20;
  return {
    ...dataset,
    async read(index): Promise<Sample> {
      const hit = kept.get(index);
      if (hit) return hit;
      const sample = await dataset.read(index);
      const bytes = sampleBytes(sample);
      if (bytes <= free && !kept.has(index)) {
        free -= bytes;
        kept.set(index, sample);
      }
      return sample;
    },
  };
}

/** Bytes of a decoded sample. */
export function sampleBytes({ image, label }: Sample): number {
  return image.data.byteLength + label.data.byteLength;
}
