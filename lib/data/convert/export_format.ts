/**
 * What a format that data sets are converted to has to write.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { explainFileError } from "../../util/files.ts";
import type { RegistryEntry } from "../../util/registry.ts";
import type { ClassInfo, LabelMap } from "../dataset.ts";

/** A format by name. */
export interface ExportFormat extends RegistryEntry {
  /** Begins a data set. */
  open(target: ExportTarget): Exporter;
}

/** What is written, and where. */
export interface ExportTarget {
  /** An empty folder. */
  folder: string;
  splits: readonly { split: string; ids: readonly string[] }[];
  classes: readonly ClassInfo[];
  ignoreLabel: number;
}

/** Writes the labels of one data set. */
export interface Exporter {
  /** Path of a sample's picture below the folder, without its ending. */
  imagePath(sample: { split: string; id: string }): string;
  /** Writes a label; samples come split by split, in their order. */
  add(sample: ExportedSample): Promise<void>;
  /** Writes what stands once for all samples. */
  end(): Promise<void>;
}

/** A sample whose picture is written. */
export interface ExportedSample {
  split: string;
  id: string;
  /** Below the folder, with its ending. */
  imagePath: string;
  label: LabelMap;
}

/**
 * Writes a new file of an export, with the folders above it.
 *
 * @throws {Error} If it exists, as two names that differ in case do on some disks, or cannot be
 * written; names it.
 */
export async function writeNew(
  folder: string,
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  const file = join(folder, path);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { flag: "wx" });
  } catch (error) {
    throw explainFileError(error, { attempt: `write ${path}`, folder: dirname(file) });
  }
}

/**
 * A name for each sample that is unique over all splits, for formats with one folder of pictures: its
 * id, or where two splits share one, with the split's name before it.
 */
export function uniqueNames(
  splits: ExportTarget["splits"],
): (sample: { split: string; id: string }) => string {
  const ids = splits.flatMap((one) => one.ids);
  const isShared = new Set(ids).size < ids.length;
  return ({ split, id }) => isShared ? `${split}/${id}` : id;
}
