/**
 * Charts of what networks do with the validation split.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import { chart, type Figure } from "./_chart.ts";
import type { AnalysedRun } from "./qualitative_grid.ts";

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
    const labels = n > 12 ? [] : [
      Plot.text(cells.filter(({ share }) => share >= 0.005), {
        x: "prediction",
        y: "truth",
        text: ({ share }: { share: number }) => String(Math.round(share * 100)),
        fill: "currentColor",
      }),
    ];
    return chart({
      name: `confusion-${index + 1}`,
      title: `${name}: truth (rows) by prediction, in % of the row`,
      plot: {
        height: 90 + n * 24,
        marginLeft: 110,
        marginBottom: 70,
        padding: 0.02,
        x: { label: null, domain: names, tickRotate: -40 },
        y: { label: null, domain: names },
        marks: [
          Plot.cell(cells, { x: "prediction", y: "truth", fill: "#4269d0", fillOpacity: "share" }),
          ...labels,
        ],
        opacity: { domain: [0, 1], range: [0.03, 1] },
      },
    });
  });
}

/** Reliability diagrams: as trained, and after temperature scaling. */
export function calibrationFigures(runs: readonly AnalysedRun[]): Figure[] {
  const series = runs.map(({ name }) => name);
  const reliability = (which: "calibration" | "fitted", title: string): Figure => {
    const points = runs.flatMap(({ name, analysis }) =>
      analysis[which].bins.filter(({ pixels }) => pixels > 0)
        .map(({ confidence, accuracy }) => ({ run: name, confidence, accuracy }))
    );
    return chart({
      name: `reliability-${which}`,
      title,
      series,
      plot: {
        x: { label: "confidence", domain: [0, 1], grid: true },
        y: { label: "accuracy", domain: [0, 1], grid: true },
        marks: [
          Plot.line([[0, 0], [1, 1]], { stroke: "currentColor", strokeDasharray: "3 3" }),
          Plot.line(points, { x: "confidence", y: "accuracy", stroke: "run" }),
          Plot.dot(points, { x: "confidence", y: "accuracy", fill: "run", r: 2.5 }),
        ],
      },
    });
  };
  return [
    reliability("calibration", "Reliability as trained (T = 1)"),
    reliability("fitted", "Reliability after temperature scaling"),
  ];
}

/** How sure the maps are: share of pixels by entropy, as a part of log(classes). */
export function entropyFigure(runs: readonly AnalysedRun[]): Figure {
  const points = runs.flatMap(({ name, analysis: { calibration: { entropyShares } } }) =>
    entropyShares.map((share, i) => ({
      run: name,
      entropy: (i + 0.5) / entropyShares.length,
      share,
    }))
  );
  return chart({
    name: "entropy",
    title: "Share of pixels by entropy of the map (1 = no idea)",
    series: runs.map(({ name }) => name),
    plot: {
      x: { label: "entropy / log(classes)", domain: [0, 1] },
      y: { label: null, grid: true },
      marks: [Plot.line(points, { x: "entropy", y: "share", stroke: "run", curve: "step" })],
    },
  });
}
