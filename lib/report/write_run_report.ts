/**
 * What a run leaves to look at: `report.html` and `predictions.png` in its folder.
 *
 * @module
 */
import { join } from "node:path";
import { openDataset } from "../data/registry.ts";
import { readRun } from "../train/run/read_run.ts";
import { writeFileAtomic } from "../util/files.ts";
import { analyseRun } from "./analyse_run.ts";
import { buildReport } from "./build_report.ts";
import { predictionGrid } from "./prediction_grid.ts";
import { qualitativeGrid } from "./qualitative_grid.ts";

/** Paths of what {@linkcode writeRunReport} wrote. */
export interface RunReportFiles {
  /** One HTML file: curves, confusion, calibration, pictures, configuration. */
  report: string;
  /** One PNG: validation images, their truth and their predictions. */
  predictions: string;
}

/** Validation images that are analysed: as many as take seconds. */
const IMAGES = 16;
/** Images in the report's own grid. */
const ROWS = 6;

/**
 * Analyses the best network of a run on a few images of its validation split, evenly chosen, and
 * writes `report.html` and `predictions.png` into the run's folder, each in one step. Older ones are
 * replaced. Needs a ready backend.
 *
 * @param path Folder of a run that no process works on.
 * @param options A `signal` that stops between images by throwing its reason.
 * @throws {Error} If the run's network or data cannot be opened, or the folder cannot be written.
 * @example
 * ```ts
 * import { loadConfig, train } from "@segadv/segadv";
 * import { writeRunReport } from "@segadv/segadv/report";
 * import { mkdtemp, readFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const out = join(await mkdtemp(join(tmpdir(), "segadv-")), "run");
 * const overrides = ["backend=wasm", "train.maxSteps=1", "data.crop=[32,32]", "data.batch=1"];
 * await train(await loadConfig({ preset: "fixtures", overrides }), { out });
 * const { report } = await writeRunReport(out);
 * assert.match(await readFile(report, "utf8"), /<h1>run<\/h1>/);
 * ```
 */
export async function writeRunReport(
  path: string,
  options: { signal?: AbortSignal } = {},
): Promise<RunReportFiles> {
  const run = await readRun(path);
  const { name } = run;
  const analysis = await analyseRun(path, { ...options, images: IMAGES });
  const { data } = run.start.config;
  const dataset = await openDataset(data.dataset, { ...data, split: data.valSplit });
  const analysed = [{ name, analysis }];
  const pictures = await qualitativeGrid(analysed, dataset, { rows: ROWS });
  const { html } = buildReport({ title: name, runs: [run], analysed, pictures, sweeps: [] });
  const files = { report: join(path, "report.html"), predictions: join(path, "predictions.png") };
  await writeFileAtomic(files.predictions, await predictionGrid(analysis, dataset));
  await writeFileAtomic(files.report, html);
  return files;
}
