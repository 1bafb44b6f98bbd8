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
