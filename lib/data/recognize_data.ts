/**
 * Turns `data.dataset: auto` into the reader and the layout that a run's `config.yaml` holds.
 *
 * @module
 */
import type { DataHints, FolderLayout } from "./layout/folder_layout.ts";
import { recognizeFolder } from "./layout/recognize_folder.ts";
import { findReader, requireFolder } from "./registry.ts";
import type { ScanProgress } from "./scan/scan_threads.ts";

/** Where data lies and what the user says about it; the section `data` has it all. */
export interface DataPlace extends DataHints {
  /** Name of a reader, or `auto`. */
  dataset: string;
  dir: string | null;
  /** How the folder is read, where that is known. */
  layout?: FolderLayout | null;
}

/** How a data set is opened. */
export interface RecognizedData {
  dataset: string;
  /** `null` for readers that know their layout. */
  layout: FolderLayout | null;
  /** One line that says how a folder is read; `null` where that was not found out now. */
  said: string | null;
  /** What is in the folder and not read, a line each. */
  notices: string[];
}

/**
 * Finds the reader of a data set, and for a folder of images and label files everything that reading
 * it depends on.
 *
 * @throws {MissingFolderError} If there is no such folder.
 * @throws {DataQuestionError} If it can be read in several ways, or in none; the message names the
 * settings that decide.
 * @example
 * ```ts
 * import { encodePng, recognizeData } from "@segadv/segadv/data";
 * import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const dir = await mkdtemp(join(tmpdir(), "segadv-"));
 * for (const folder of ["photos", "masks"]) await mkdir(join(dir, folder));
 * for (const name of ["a.png", "b.png"]) {
 *   const pixels = { width: 2, height: 1, channels: 1, data: new Uint8Array([0, 255]) } as const;
 *   await writeFile(join(dir, "photos", name), encodePng(pixels));
 *   await writeFile(join(dir, "masks", name), encodePng(pixels));
 * }
 * const { layout } = await recognizeData({ dataset: "auto", dir });
 * assert.deepEqual(layout!.encoding, { name: "binary", value: 255 });
 * assert.deepEqual(Object.keys(layout!.splits), ["train", "val"]);
 * ```
 */
export async function recognizeData(
  data: DataPlace,
  onProgress?: ScanProgress,
): Promise<RecognizedData> {
  const { dataset, dir, layout = null } = data;
  const known = { dataset, layout, said: null, notices: [] };
  if (dir === null || layout !== null) return known;
  if (dataset !== "auto" && dataset !== "folder") return known;
  await requireFolder(dataset, dir);
  const reader = dataset === "auto" ? (await findReader(dir)).name : dataset;
  if (reader !== "folder") return { ...known, dataset: reader };
  return { dataset: reader, ...await recognizeFolder(dir, data, onProgress) };
}
