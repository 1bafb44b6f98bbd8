/**
 * Inspects a whole data set before time is spent on training, after finding which reader its folder was
 * made for.
 *
 * @module
 */
import { datasetReaders, openDataset } from "../registry.ts";
import { type Dataset, type DatasetReader, MissingSplitError } from "../dataset.ts";
import { classWeights, type DataReport, type Finding, type Severity } from "./data_report.ts";
import { comparePublished, findLeaks, findLinks } from "./file_findings.ts";
import { classFindings, splitFindings } from "./split_findings.ts";
import { type ScannedSplit, scanSplit } from "./_scan_split.ts";

/** Splits that are tried, the one to train on first. */
const SPLITS = ["train", "val", "test"];

/** Readers of the most specific layouts first; those that a user registers precede `folder`. */
const FIRST = [
  "cityscapes",
  "camvid",
  "ade20k",
  "pascal-context",
  "oxford-pet",
  "mapillary",
  "loveda",
  "voc-aug",
  "voc",
  "sbd",
];

/**
 * Finds the reader that knows a folder's layout, and the splits `train`, `val` and `test` that are
 * there, whole or not.
 *
 * @param options The only `reader` to try; all are tried if none is named.
 * @throws {MissingSplitError} If a reader knows the layout but finds none of those splits.
 * @throws {Error} If no reader knows the layout.
 * @example
 * ```ts
 * import { findLayout } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(findLayout("/nowhere"), /no reader knows its layout/);
 * ```
 */
export async function findLayout(
  dir: string,
  options: { reader?: string | undefined } = {},
): Promise<DataSource> {
  const readers = inOrder().filter(({ name }) => name === (options.reader ?? name));
  for (const reader of readers) {
    if (!await reader.matches(dir)) continue;
    const splits: string[] = [];
    let lacking = "";
    for (const split of SPLITS) {
      const fault = await faultOf(reader, { dir, split });
      // Any other fault is one of the split's files
      if (fault instanceof MissingSplitError) lacking ||= fault.message;
      else splits.push(split);
    }
    if (splits.length > 0) return { reader: reader.name, dir, splits };
    throw new MissingSplitError(lacking);
  }
  const known = readers.map(({ name, summary }) => `${name} (${summary})`).join(", ");
  const last = readers.at(-1);
  const fault = last && await faultOf(last, { dir, split: "" });
  throw new Error(
    `Cannot inspect "${dir}": no reader knows its layout; known: ${known}` +
      (fault ? `; as ${last.name}: ${fault.message}` : ""),
  );
}

function inOrder(): DatasetReader[] {
  const rank = ({ name }: DatasetReader): number => {
    const place = FIRST.indexOf(name);
    return place >= 0 ? place : FIRST.length + (name === "folder" ? 1 : 0);
  };
  return [...datasetReaders].filter(({ needsDir }) => needsDir).sort((a, b) => rank(a) - rank(b));
}

async function faultOf(
  reader: DatasetReader,
  place: { dir: string; split: string },
): Promise<Error | null> {
  return await reader.open(place).then(() => null, (error: Error) => error);
}

/** What to inspect. */
export interface DataSource {
  /** Name of a registered reader. */
  reader: string;
  /** Root folder; `null` for embedded data. */
  dir: string | null;
  /** Splits, the one to train on first. */
  splits: readonly string[];
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
  const findings: Finding[] = [];
  const scans: ScannedSplit[] = [];
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
    const dataset = await openDataset(reader, { dir, split }).catch((error: Error) => error);
    if (!(dataset instanceof Error)) scans.push(await scan(dataset, options));
    else if (!findings.some(({ message }) => message === dataset.message)) {
      findings.push({ severity: "error", split, message: dataset.message });
    }
  }
  const [first, ...others] = scans;
  for (const { report, dataset } of scans) {
    findings.push(
      ...splitFindings(report, dataset),
      ...comparePublished(dataset),
      ...await findLinks(dataset, dir),
    );
  }
  findings.push(...findLeaks(scans));
  if (first !== undefined && !findings.some(({ severity }) => severity === "error")) {
    const context = { ...first.dataset, others: others.map(({ report }) => report) };
    findings.push(...classFindings(first.report, context));
  }
  findings.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  return {
    ok: findings.every(({ severity }) => severity !== "error"),
    reader,
    dir,
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

async function scan(
  dataset: Dataset,
  { limit, signal, onProgress }: InspectDataOptions,
): Promise<ScannedSplit> {
  const { split } = dataset;
  return await scanSplit(dataset, {
    ...(limit !== undefined && { limit }),
    ...(signal !== undefined && { signal }),
    onProgress: (done, total) => onProgress?.({ split, done, total }),
  });
}
