/**
 * The report: one HTML file that needs nothing else.
 *
 * @module
 */
import type { Figure } from "./_chart.ts";
import { calibrationFigures, confusionFigures, entropyFigure } from "./analysis_figures.ts";
import { type Html, html, raw } from "./_html.ts";
import * as sections from "./_sections.ts";
import { SCRIPT, STYLE } from "./_style.ts";
import type { AnalysedRun, QualitativeRow } from "./qualitative_grid.ts";
import type { RunRecord } from "./read_run.ts";
import { classFigure, gameFigures, trainingFigures } from "./run_figures.ts";

/** What a report is made of. */
export interface ReportContent {
  title: string;
  /** All runs, for curves and tables. */
  runs: readonly RunRecord[];
  /** Runs whose networks were looked at: confusion, calibration, pictures. */
  analysed: readonly AnalysedRun[];
  pictures: readonly QualitativeRow[];
  /** Tables of sweeps as HTML of `formatSweepTable`. */
  tables: readonly string[];
}

/** A report and the figures in it. */
export interface Report {
  html: string;
  figures: Figure[];
}

/**
 * Builds a report. It loads nothing from anywhere, and looks right on a telephone and in the dark.
 *
 * @throws {RangeError} If there is no run.
 * @example A report on one run, with a look at its network
 * ```ts
 * import { loadConfig, openDataset, train } from "@segadv/segadv";
 * import {
 *   analyseRun,
 *   buildReport,
 *   classFigure,
 *   gameFigures,
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
 *   tables: [],
 * });
 * assert.match(html, /<h1>One run<\/h1>/);
 * const own = [...trainingFigures([run]), ...gameFigures([run]), classFigure([run])!];
 * assert.ok(own.every(({ name }) => figures.some((figure) => figure.name === name)));
 * ```
 */
export function buildReport(content: ReportContent): Report {
  const { title, runs, analysed, pictures, tables } = content;
  if (runs.length === 0) throw new RangeError(`Cannot report on ${title}: no run has begun`);
  const perClass = classFigure(runs);
  const groups = {
    training: trainingFigures(runs),
    classes: perClass === null ? [] : [perClass],
    confusion: confusionFigures(analysed),
    game: gameFigures(runs),
    calibration: analysed.length === 0
      ? []
      : [...calibrationFigures(analysed), entropyFigure(analysed)],
  };
  const none = html`<p class="note">The networks were not looked at.</p>`;
  const parts: [id: string, title: string, body: Html][] = [
    ["results", "Results", html`${tables.map(wide)}${sections.summary(runs)}`],
    ["training", "Training", sections.figures(groups.training)],
    ["classes", "Classes", sections.figures(groups.classes)],
    ["confusion", "Confusion", analysed.length > 0 ? sections.figures(groups.confusion) : none],
    [
      "game",
      "Discriminator",
      html`${sections.verdicts(runs)}${sections.figures(groups.game)}`,
    ],
    [
      "calibration",
      "Calibration and entropy",
      analysed.length === 0
        ? none
        : html`${sections.calibration(analysed)}${sections.figures(groups.calibration)}`,
    ],
    ["pictures", "Pictures", sections.pictures(pictures, analysed)],
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
    <nav>${parts.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}</nav>
    ${parts.map(([id, name, body]) => html`<section id="${id}"><h2>${name}</h2>${body}</section>`)}
    <script>${raw(SCRIPT)}</script></body>
    </html>
  `;
  return { html: page.text, figures: Object.values(groups).flat() };
}

function wide(table: string): Html {
  return html`<div class="wide">${raw(table)}</div>`;
}
