/**
 * The report: one HTML file that loads nothing.
 *
 * @module
 */
import type { SweepTable } from "../sweep/sweep_table.ts";
import { colorOf, type Figure } from "./chart.ts";
import { seriesNames } from "./curves.ts";
import { differenceFigure } from "./difference_figure.ts";
import { calibrationFigures, confusionFigures, entropyFigure } from "./analysis_figures.ts";
import { type Html, html, raw, REPORT_SCRIPT, STYLE } from "./html.ts";
import * as networks from "./network_sections.ts";
import * as sections from "./sections.ts";
import type { AnalysedRun, QualitativeRow } from "./qualitative_grid.ts";
import type { RunRecord } from "../train/run/read_run.ts";
import { classFigure, discriminatorFigures, trainingFigures } from "./run_figures.ts";

/** What a report is made of. */
export interface ReportContent {
  title: string;
  /** All runs, for curves and tables. */
  runs: readonly RunRecord[];
  /** Runs whose networks were analysed: confusion, calibration, pictures. */
  analysed: readonly AnalysedRun[];
  pictures: readonly QualitativeRow[];
  /** Tables of the sweeps that the runs belong to. */
  sweeps: readonly SweepTable[];
}

/** A report and the figures in it. */
export interface Report {
  html: string;
  figures: Figure[];
}

/**
 * Builds a report. The page loads nothing, and suits narrow screens and dark mode.
 *
 * @throws {RangeError} If there is no run.
 * @example A report on one run, with an analysis of its network
 * ```ts
 * import { loadConfig, openDataset, train } from "@segadv/segadv";
 * import {
 *   analyseRun,
 *   buildReport,
 *   classFigure,
 *   discriminatorFigures,
 *   parseEvents,
 *   qualitativeGrid,
 *   readRun,
 *   recordOf,
 *   secondsPerEpoch,
 *   trainingFigures,
 *   validationsCsv,
 * } from "@segadv/segadv/report";
 * import { mkdtemp, readFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "segadv-")), "run");
 * const overrides = ["backend=wasm", "train.maxSteps=1", "data.crop=[32,32]", "data.batch=1"];
 * await train(await loadConfig({ preset: "fixtures", overrides }), { out: path });
 *
 * const run = await readRun(path, "first");
 * const log = parseEvents(await readFile(join(path, "events.jsonl"), "utf8"));
 * assert.deepEqual(recordOf(log, { path, name: "first" }), run);
 * assert.ok(secondsPerEpoch(run)! > 0);
 * assert.equal(validationsCsv(run).split("\n").length, 3);
 *
 * const analysed = [{ name: "first", analysis: await analyseRun(path, { images: 2 }) }];
 * const split = await openDataset("fixtures", { split: "val" });
 * const pictures = await qualitativeGrid(analysed, split, { rows: 1 });
 * const { html, figures } = buildReport({
 *   title: "One run",
 *   runs: [run],
 *   analysed,
 *   pictures,
 *   sweeps: [],
 * });
 * assert.match(html, /<h1>One run<\/h1>/);
 * const own = [...trainingFigures([run]), ...discriminatorFigures([run]), classFigure([run])!];
 * assert.ok(own.every(({ name }) => figures.some((figure) => figure.name === name)));
 * ```
 */
export function buildReport(content: ReportContent): Report {
  const { title, runs, analysed, pictures, sweeps } = content;
  if (runs.length === 0) throw new RangeError(`Cannot report on ${title}: no run has begun`);
  const series = seriesNames(runs);
  const perClass = classFigure(runs);
  const differences = differenceFigure(sweeps);
  const groups = {
    results: differences === null ? [] : [differences],
    training: trainingFigures(runs),
    classes: perClass === null ? [] : [perClass],
    confusion: confusionFigures(analysed),
    discriminator: discriminatorFigures(runs),
    calibration: analysed.length === 0
      ? []
      : [...calibrationFigures(analysed, { series }), entropyFigure(analysed, { series })],
  };
  const none = "The networks were not analysed.";
  const parts: [id: string, title: string, body: Html][] = [
    ["results", "Results", sections.results(runs, { sweeps, figure: differences })],
    ["training", "Training", sections.figures(groups.training, "No step has been logged yet.")],
    ["classes", "Classes", sections.figures(groups.classes, "No validation yet.")],
    [
      "confusion",
      "Confusion",
      html`${sections.figures(groups.confusion, none)}${
        analysed.length === 0
          ? null
          : sections.note("Rows: truth, each summing to 100 %; columns: prediction.")
      }`,
    ],
    [
      "discriminator",
      "Discriminator",
      html`${sections.diagnoses(runs)}${
        sections.figures(groups.discriminator, "No run has a discriminator.")
      }`,
    ],
    [
      "calibration",
      "Calibration and entropy",
      analysed.length === 0
        ? sections.note(none)
        : html`${networks.calibration(analysed)}${sections.figures(groups.calibration, none)}`,
    ],
    ["pictures", "Pictures", networks.pictures(pictures, analysed)],
    ["warnings", "Warnings", sections.warnings(runs)],
    ["config", "Configuration", sections.configs(runs)],
    ["environment", "Environment, time, memory", sections.environment(runs)],
  ];
  const page = html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="icon" href="data:,">
        <title>${title}</title>
        <style>${raw(STYLE)}</style>
      </head>
      <body>
    <h1>${title}</h1>
    ${sections.overview(runs)}
    <nav>${parts.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}</nav>
    ${legendOf(series)}
    ${parts.map(([id, name, body]) => html`<section id="${id}"><h2>${name}</h2>${body}</section>`)}
    <script>${raw(REPORT_SCRIPT)}</script></body>
    </html>
  `;
  return { html: page.text, figures: Object.values(groups).flat() };
}

/** The colours of all charts, fixed at the top; a press shows one series alone. */
function legendOf(series: readonly string[]): Html {
  if (series.length < 2) return html``;
  const buttons = series.map((name, i) => {
    const color = colorOf(i, series.length);
    return html`
      <button data-color="${color}" aria-pressed="false"
      ><i style="background:${color}"></i>${name}</button>
    `;
  });
  return html`<div class="key" role="toolbar" aria-label="series">${buttons}</div>`;
}
