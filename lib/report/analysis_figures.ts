/**
 * Charts of what networks do with the validation split.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import { chart, type Figure, marginFor } from "./chart.ts";
import type { AnalysedRun } from "./qualitative_grid.ts";

/** What charts of several runs share. */
export interface SeriesOptions {
  /**
   * All series of the report, in the order of their colours.
   * @default those of the runs
   */
  series?: readonly string[];
}

/** Classes above which cells hold no number. */
const NUMBERED = 12;

/** Confusion by truth, each row summing to 1; one figure a run. */
export function confusionFigures(runs: readonly AnalysedRun[]): Figure[] {
  return runs.map(({ name, analysis: { classes, confusion } }, index) => {
    const names = classes.map((c) => c.name);
    const n = names.length;
    const cells = confusion.map((count, i) => {
      const row = confusion.slice(Math.floor(i / n) * n, (Math.floor(i / n) + 1) * n);
      const total = row.reduce((a, b) => a + b, 0);
      return {
        truth: names[Math.floor(i / n)]!,
        prediction: names[i % n]!,
        share: total > 0 ? count / total : 0,
      };
    });
    type Cell = typeof cells[number];
    const numbers = (shown: Cell[], fill: string): Plot.Markish =>
      Plot.text(shown, {
        x: "prediction",
        y: "truth",
        text: ({ share }: Cell) => String(Math.round(share * 100)),
        fill,
      });
    const labels = n > NUMBERED ? [] : [
      numbers(cells.filter(({ share }) => share >= 0.005 && share < 0.5), "currentColor"),
      numbers(cells.filter(({ share }) => share >= 0.5), "white"),
    ];
    const margin = marginFor(names);
    return chart({
      name: `confusion-${index + 1}`,
      title: name,
      plot: {
        height: 30 + margin * 0.72 + n * Math.max(18, 34 - n),
        marginLeft: margin,
        marginBottom: margin * 0.72,
        marginTop: 10,
        padding: 0.03,
        x: { label: null, domain: names, tickRotate: -40, tickSize: 0 },
        y: { label: null, domain: names, tickSize: 0 },
        marks: [
          Plot.cell(cells, { x: "prediction", y: "truth", fill: "#4269d0", fillOpacity: "share" }),
          ...labels,
        ],
        opacity: { domain: [0, 1], range: [0.05, 1] },
      },
    });
  });
}

/** Reliability diagrams: as trained, and after temperature scaling. */
export function calibrationFigures(
  runs: readonly AnalysedRun[],
  options: SeriesOptions = {},
): Figure[] {
  const shown = runs.map(seriesOf);
  const reliability = (which: "calibration" | "fitted", title: string): Figure => {
    const points = runs.flatMap((run) =>
      run.analysis[which].bins.filter(({ pixels }) => pixels > 0)
        .map(({ confidence, accuracy }) => ({ series: seriesOf(run), confidence, accuracy }))
    );
    const place = { x: "confidence", y: "accuracy" };
    return chart({
      name: `reliability-${which}`,
      title,
      series: options.series ?? shown,
      shown,
      plot: {
        height: 380,
        x: { label: "confidence", domain: [0, 1], grid: true },
        y: { label: "accuracy", domain: [0, 1], grid: true },
        marks: [
          Plot.line([[0, 0], [1, 1]], { stroke: "currentColor", strokeDasharray: "3 3" }),
          Plot.line(points, { ...place, stroke: "series", z: "series", strokeWidth: 1.7 }),
          Plot.dot(points, { ...place, fill: "series", r: 2.5 }),
        ],
      },
    });
  };
  return [
    reliability("calibration", "Reliability as trained (T = 1)"),
    reliability("fitted", "Reliability, temperature scaled"),
  ];
}

/** How sure the maps are: share of pixels by entropy, as a part of log(classes). */
export function entropyFigure(runs: readonly AnalysedRun[], options: SeriesOptions = {}): Figure {
  const shown = runs.map(seriesOf);
  const points = runs.flatMap((run) => {
    const { entropyShares } = run.analysis.calibration;
    return entropyShares.map((share, i) => ({
      series: seriesOf(run),
      entropy: (i + 0.5) / entropyShares.length,
      share: share * 100,
    }));
  });
  return chart({
    name: "entropy",
    title: "Pixels by entropy (1 = no idea)",
    series: options.series ?? shown,
    shown,
    plot: {
      x: { label: "entropy / log(classes)", domain: [0, 1] },
      y: { label: "pixels, %", grid: true },
      marks: [
        Plot.line(points, {
          x: "entropy",
          y: "share",
          stroke: "series",
          z: "series",
          curve: "step",
          strokeWidth: 1.7,
        }),
      ],
    },
  });
}

function seriesOf({ name, group }: AnalysedRun): string {
  return group ?? name;
}
