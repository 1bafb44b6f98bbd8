/**
 * Inspects a whole data set before time is spent on training, after finding which reader its folder was
 * made for.
 *
 * @module
 */
import { describeRead } from "../describe_read.ts";
import { type Dataset, MissingSplitError } from "../dataset.ts";
import type { DataHints, FolderLayout } from "../layout/folder_layout.ts";
import { recognizeData } from "../recognize_data.ts";
import {
  type PictureConfig,
  type ResolvedPictures,
  resolvePictures,
} from "../pictures/resolve_pictures.ts";
import { datasetReaders, openDataset, withPictures } from "../registry.ts";
import { classWeights, type DataReport, type Finding, type Severity } from "./data_report.ts";
import { comparePublished, findLeaks, findLinks } from "./file_findings.ts";
import { classFindings, oneClassFinding, splitFindings } from "./split_findings.ts";
import { type ScannedSplit, scanSplit } from "./_scan_split.ts";

/** Splits that are tried, the one to train on first. */
const SPLITS = ["train", "val", "test"];

/** What is known of a folder before it is looked into. */
export interface FindLayoutOptions {
  /** The only reader to try; the one that knows the folder if none is named. */
  reader?: string | undefined;
  /** What the user says where the folder does not. */
  hints?: DataHints;
}

/**
 * Finds the reader that knows a folder's layout, how it is read, and the splits `train`, `val` and
 * `test` that are there, whole or not.
 *
 * @throws {MissingSplitError} If a reader knows the layout but finds none of those splits.
 * @throws {DataQuestionError} If the folder can be read in several ways, or in none.
 * @throws {Error} If the named reader does not know the layout.
 * @example
 * ```ts
 * import { findLayout } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(findLayout("/nowhere"), /there is no folder/);
 * ```
 */
export async function findLayout(
  dir: string,
  options: FindLayoutOptions = {},
): Promise<DataSource> {
  const { reader: dataset = "auto", hints = {} } = options;
  const { dataset: name, layout, said, notices } = await recognizeData({ ...hints, dataset, dir });
  if (layout !== null) {
    const splits = SPLITS.filter((split) => Object.hasOwn(layout.splits, split));
    if (splits.length > 0) return { reader: name, dir, splits, layout, said, notices };
    throw new MissingSplitError(
      `Cannot inspect "${dir}": there is none of the splits ${SPLITS.join(", ")}, available: ${
        Object.keys(layout.splits).join(", ")
      }`,
    );
  }
  const reader = datasetReaders.get(name);
  const splits: string[] = [];
  let lacking = "";
  for (const split of SPLITS) {
    const fault = await reader.open({ dir, split, hints }).then(
      () => null,
      (error: Error) => error,
    );
    // Any other fault is one of the split's files
    if (fault instanceof MissingSplitError) lacking ||= fault.message;
    else splits.push(split);
  }
  if (splits.length === 0) throw new MissingSplitError(lacking);
  const found = { reader: name, dir, splits, ...(options.hints !== undefined && { hints }) };
  if (await reader.matches(dir) || dataset !== "auto" && splits.length < SPLITS.length) {
    return found;
  }
  const fault = await reader.open({ dir, split: splits[0]!, hints }).then(
    () => null,
    (e: Error) => e,
  );
  if (fault === null) return found;
  throw new Error(`Cannot inspect "${dir}" as ${name} (${reader.summary}): ${fault.message}`);
}

/** What to inspect; how pictures are read is found out where that is `auto` or absent. */
export interface DataSource extends Partial<PictureConfig> {
  /** Name of a registered reader. */
  reader: string;
  /** Root folder; `null` for embedded data. */
  dir: string | null;
  /** Splits, the one to train on first. */
  splits: readonly string[];
  /** How the folder is read; `null` or absent for readers that know, and where it is to be found out. */
  layout?: FolderLayout | null;
  /** What the user says about it, for readers of annotations. */
  hints?: DataHints;
  /** One line that says so. */
  said?: string | null;
  /** What is in the folder and not read, a line each. */
  notices?: readonly string[];
}

/** How much to read. */
export interface InspectDataOptions {
  /**
   * Largest number of samples to read of each split, spread evenly over it.
   *
   * @default all
   */
  limit?: number;
  /** Stops between samples by throwing the signal's reason. */
  signal?: AbortSignal;
  /** Called after each sample. */
  onProgress?: (progress: { split: string; done: number; total: number }) => void;
}

const ORDER: readonly Severity[] = ["error", "warning", "note"];

/**
 * Reads the samples of each split, counts classes and colours, and reports what is wrong: files that
 * are missing or cannot be decoded, label values that are no classes (with the likely cause), images
 * that two splits share, classes that never occur, labels that are nearly empty, links that lead
 * out of the folder. Faults are findings; it does not throw for them.
 *
 * @throws {RangeError} If no reader has the name or no split is named.
 * @example
 * ```ts
 * import { inspectData } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const source = { reader: "fixtures", dir: null, splits: ["train", "val"] };
 * const { ok, splits, findings } = await inspectData(source);
 * assert.ok(ok, findings[0]?.message);
 * assert.deepEqual(splits.map(({ samples }) => samples), [24, 8]);
 * ```
 */
export async function inspectData(
  source: DataSource,
  options: InspectDataOptions = {},
): Promise<DataReport> {
  const { reader, dir } = source;
  const findings: Finding[] = (source.notices ?? []).map((message) => (
    { severity: "note", split: null, message }
  ));
  const opened: Dataset[] = [];
  if (source.splits.length === 0) throw new RangeError(`Cannot inspect ${reader}: no split given`);
  const splits = [...new Set(source.splits)];
  if (splits.length < source.splits.length) {
    findings.push({
      severity: "error",
      split: splits[0]!,
      message: "is both trained and validated on: scores would be of images used in training",
    });
  }
  for (const split of splits) {
    const place = { ...source.hints, ...source, split };
    const dataset = await openDataset(reader, place).catch((error: Error) => error);
    if (!(dataset instanceof Error)) opened.push(dataset);
    else if (!findings.some(({ message }) => message === dataset.message)) {
      findings.push({ severity: "error", split, message: dataset.message });
    }
  }
  const pictures = await picturesOf(opened, source).catch((error: Error) => {
    findings.push({ severity: "error", split: splits[0]!, message: error.message });
    return null;
  });
  findings.push(...pictures?.findings ?? []);
  const scans: ScannedSplit[] = [];
  for (const dataset of opened) {
    if (pictures === null) break;
    scans.push(await scan(withPictures(dataset, pictures.resolved), options));
  }
  const [first, ...others] = scans;
  const said = new Set(scans.flatMap(({ dataset }) => dataset.notices ?? []));
  for (const message of said) findings.push({ severity: "note", split: null, message });
  for (const { report, dataset } of scans) {
    findings.push(
      ...splitFindings(report, dataset),
      ...comparePublished(dataset),
      ...await findLinks(dataset, dir),
    );
  }
  findings.push(...findLeaks(scans));
  if (first !== undefined && !findings.some(({ severity }) => severity === "error")) {
    findings.push(...oneClassFinding(first.report, first.dataset.classes));
  }
  if (first !== undefined && !findings.some(({ severity }) => severity === "error")) {
    const context = { ...first.dataset, others: others.map(({ report }) => report) };
    findings.push(...classFindings(first.report, context));
  }
  findings.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  return {
    ok: findings.every(({ severity }) => severity !== "error"),
    reader,
    dir,
    layout: first?.dataset.layout ?? null,
    said: source.said ??
      (first === undefined || dir === null
        ? null
        : describeRead([first.dataset, ...others.map(({ dataset }) => dataset)])),
    pictures: pictures?.resolved ?? null,
    classes: first?.dataset.classes ?? [],
    ignoreLabel: first?.dataset.ignoreLabel ?? 255,
    splits: scans.map(({ report }) => report),
    findings,
    weights: classWeights({
      pixels: first?.report.pixels ?? [],
      pixelsAround: first?.pixelsAround ?? [],
    }),
  };
}

/** How the pictures of all splits together are read. */
async function picturesOf(
  datasets: readonly Dataset[],
  { dir, orientation = "auto", range = "auto", channels = 3 }: DataSource,
): Promise<{ resolved: ResolvedPictures; findings: Finding[] }> {
  const { pictures, notices } = await resolvePictures(datasets, {
    dir,
    orientation,
    range,
    channels,
  });
  const findings = notices.map((message): Finding => ({ severity: "note", split: null, message }));
  return { resolved: pictures, findings };
}

async function scan(
  dataset: Dataset,
  { limit, signal, onProgress }: InspectDataOptions,
): Promise<ScannedSplit> {
  const { split } = dataset;
  return await scanSplit(dataset, {
    decodes: true,
    limit,
    signal,
    onProgress: (done, total) => onProgress?.({ split, done, total }),
  });
}
