/**
 * Inspects a whole data set before time is spent on training.
 *
 * @module
 */
import type { Dataset } from "../dataset.ts";
import { openDataset } from "../registry.ts";
import { classWeights, type DataReport, type Finding, type Severity } from "./data_report.ts";
import { comparePublished, findLeaks, findLinks } from "./file_findings.ts";
import { classFindings, splitFindings } from "./split_findings.ts";
import { type ScannedSplit, scanSplit } from "./_scan_split.ts";

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
