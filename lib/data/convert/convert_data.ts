/**
 * Writes a data set in another layout.
 *
 * @module
 */
import { describeRead } from "../describe_read.ts";
import { randomBytes } from "node:crypto";
import { constants, copyFile, mkdir, readdir, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { explainFileError, makeFolder } from "../../util/files.ts";
import { printable } from "../../util/format.ts";
import { isInsideFolder, isPlainName } from "../../util/user_paths.ts";
import { encodePng } from "../codecs/png_encode.ts";
import type { Dataset } from "../dataset.ts";
import { resolvePictures } from "../pictures/resolve_pictures.ts";
import { openDataset, withPictures } from "../registry.ts";
import { checkDataset, type DatasetCheck, requireApart } from "../validate/check_dataset.ts";
import type { DataSource } from "../validate/inspect_data.ts";
import { type Exporter, writeNew } from "./export_format.ts";
import { exportFormats } from "./formats.ts";

/** How to convert. */
export interface ConvertOptions {
  /** Name of the format to write. */
  to: string;
  /**
   * Copies the files of the pictures instead of writing what is read from them as PNG.
   *
   * @default false
   */
  keep?: boolean;
  /** Stops between samples by throwing the signal's reason; nothing is left. */
  signal?: AbortSignal;
  /** Called after each sample that is checked, then after each that is written. */
  onProgress?: (
    progress: { phase: "checked" | "wrote"; split: string; done: number; total: number },
  ) => void;
}

/** What was written. */
export interface ConvertReport {
  /** Samples of each split. */
  splits: { split: string; samples: number }[];
  /** One line that says how the data was read; `null` of embedded data. */
  said: string | null;
  /** What is left out, and how pictures were read where that was found out: a line each. */
  notices: string[];
}

/**
 * Reads all splits of a data set and writes them into a new folder: in a folder beside it first, which
 * is renamed at the end, so that there is never a part of the result.
 *
 * @throws {RangeError} If no format has the name.
 * @throws {DamagedFileError} If `train` would refuse a file, before anything is written; names it.
 * @throws {RangeError} If `train` would refuse the labels or splits as a whole.
 * @throws {Error} If `out` exists and is not an empty folder, lies in the data set's folder, or cannot
 * be written.
 * @example
 * ```ts
 * import { convertData, openDataset } from "@segadv/segadv/data";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const out = join(await mkdtemp(join(tmpdir(), "segadv-")), "shapes");
 * const source = { reader: "fixtures", dir: null, splits: ["val"] };
 * await convertData(source, out, { to: "folder" });
 * const [before, after] = [
 *   await openDataset("fixtures", { split: "val" }),
 *   await openDataset("folder", { dir: out, split: "val" }),
 * ];
 * assert.deepEqual((await after.read(0)).label, (await before.read(0)).label);
 * ```
 */
export async function convertData(
  source: DataSource,
  out: string,
  options: ConvertOptions,
): Promise<ConvertReport> {
  const { to, keep = false, signal, onProgress } = options;
  const format = exportFormats.get(to);
  await requireFree(out, source.dir);
  if (source.splits.length === 0) throw new RangeError(`Cannot convert to ${out}: no split given`);
  const opened: Dataset[] = [];
  for (const split of source.splits) {
    opened.push(await openDataset(source.reader, { ...source.hints, ...source, split }));
  }
  const { orientation = "auto", range = "auto", channels = 3, dir } = source;
  const { pictures, notices } = await resolvePictures(opened, {
    orientation,
    range,
    channels,
    dir,
  });
  const datasets = opened.map((dataset) => withPictures(dataset, pictures));
  for (const { ids } of datasets) requirePlainNames(ids);
  await requireSound(datasets, options);
  const folder = await makeSibling(out);
  try {
    const { classes, ignoreLabel } = datasets[0]!;
    const exporter = format.open({ folder, splits: datasets, classes, ignoreLabel });
    for (const dataset of datasets) {
      const { split, ids: { length: total } } = dataset;
      for (let index = 0; index < total; index++) {
        signal?.throwIfAborted();
        await writeSample(dataset, index, { exporter, folder, keep });
        onProgress?.({ phase: "wrote", split, done: index + 1, total });
      }
    }
    await exporter.end();
    await rename(folder, out).catch((error) => {
      throw explainFileError(error, { attempt: `write ${out}`, folder: dirname(out) });
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
  const splits = datasets.map(({ split, ids }) => ({ split, samples: ids.length }));
  const said = source.said ??
    (dir === null ? null : describeRead(datasets as [Dataset, ...Dataset[]]));
  return { splits, said, notices: [...datasets[0]!.notices ?? [], ...notices] };
}

/** Refuses what exists, and what would become a part of the data set that is read. */
async function requireFree(out: string, dir: string | null): Promise<void> {
  const found = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    const why = error.code === "ENOTDIR" ? "a file of that name is there" : error.message;
    throw new Error(`Cannot write to ${out}: ${why}; nothing is overwritten, choose another path`);
  });
  if (found.length > 0) {
    throw new Error(
      `Cannot write to ${out}: the folder is there and not empty; nothing is overwritten, choose ` +
        `another path`,
    );
  }
  if (dir === null) return;
  const root = await realpath(dir).catch(() => resolve(dir));
  if (isInsideFolder(await realOf(resolve(out)), root)) {
    throw new Error(
      `Cannot write to ${out}: it lies in the data set's folder ${dir} and would become a part of ` +
        `it, choose a path outside`,
    );
  }
}

/** The real path of what need not exist yet. */
async function realOf(path: string): Promise<string> {
  const parent = dirname(path);
  return await realpath(path).catch(async () =>
    parent === path ? path : join(await realOf(parent), basename(path))
  );
}

/** Refuses what `train` refuses; of a split that is not trained on, labels may be all ignored. */
async function requireSound(
  datasets: readonly Dataset[],
  { signal, onProgress }: ConvertOptions,
): Promise<void> {
  const [train] = datasets;
  const checked: DatasetCheck[] = [];
  for (const dataset of datasets) {
    const { split } = dataset;
    checked.push(
      await checkDataset(dataset, {
        isTraining: dataset === train && split === "train",
        mayBeIgnored: split === "test",
        onProgress(done, total) {
          signal?.throwIfAborted();
          onProgress?.({ phase: "checked", split, done, total });
        },
      }),
    );
  }
  const [own, ...others] = checked as [DatasetCheck, ...DatasetCheck[]];
  const validation = others.find(({ dataset: { split } }) => split !== "test");
  if (validation !== undefined) requireApart(own, validation);
}

function requirePlainNames(ids: readonly string[]): void {
  const wrong = ids.find((id) => !isPlainName(id));
  if (wrong === undefined) return;
  throw new RangeError(
    `Cannot write sample "${printable(wrong)}": its name is no path inside a folder`,
  );
}

async function makeSibling(out: string): Promise<string> {
  const path = resolve(out);
  await makeFolder(dirname(path));
  const folder = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  await mkdir(folder).catch((error) => {
    throw explainFileError(error, { attempt: `write to ${out}`, folder: dirname(path) });
  });
  return folder;
}

async function writeSample(
  dataset: Dataset,
  index: number,
  { exporter, folder, keep }: { exporter: Exporter; folder: string; keep: boolean },
): Promise<void> {
  const { image, label } = await dataset.read(index);
  const sample = { split: dataset.split, id: dataset.ids[index]! };
  const file = keep ? dataset.files?.(index).image : undefined;
  const imagePath = exporter.imagePath(sample) + (file === undefined ? ".png" : extname(file));
  if (file !== undefined) await copyNew(file, join(folder, imagePath));
  else if ((image.channels ?? 3) === 3) {
    const { width, height, data } = image;
    await writeNew(folder, imagePath, encodePng({ width, height, data, channels: 3 }));
  } else {
    throw new RangeError(
      `Cannot write "${sample.id}" as an RGB picture: it has ${image.channels} channels, copy the ` +
        `pictures' files with --keep`,
    );
  }
  await exporter.add({ ...sample, imagePath, label });
}

async function copyNew(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to));
  await copyFile(from, to, constants.COPYFILE_EXCL).catch((error) => {
    throw explainFileError(error, { attempt: `copy ${from}`, folder: dirname(to) });
  });
}
