/**
 * Charts of what runs logged. Runs of one group share a colour: each is a thin line, and
 * their mean a thick one.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import { HEALTHY_LOSS_D } from "../train/gan_diagnosis.ts";
import { chart, type Figure, marginFor } from "./chart.ts";
import { curvesOf, type Point, seriesNames, seriesOf } from "./curves.ts";
import type { RunRecord } from "../train/run/read_run.ts";
import { groupBy } from "../util/group_by.ts";

export type { Figure } from "./chart.ts";

/** Green of the healthy range; not the colour of a series. */
const HEALTHY = "#2da44e";

/** Losses, learning rate and validation scores, with the warm-up and the best epoch marked. */
export function trainingFigures(runs: readonly RunRecord[]): Figure[] {
  if (runs.every(({ steps }) => steps.length === 0)) return [];
  const warmup = Math.max(0, ...runs.map(({ start }) => start.config.schedule.warmupEpochs));
  const below = warmup > 0
    ? [Plot.rectX([warmup], { x1: 0, x2: (x) => x, fill: "currentColor", fillOpacity: 0.07 })]
    : [];
  const shaded = warmup > 0 ? " (warm-up shaded)" : "";
  const curves = [
    { key: "loss/seg", name: "loss-seg", title: `L_seg${shaded}`, unit: "nats a pixel" },
    {
      key: "loss/total",
      name: "loss-total",
      title: "L_total = L_seg + α·L_G + (λ/2)·Σw²",
      unit: "loss",
    },
    { key: "lr/g", name: "lr", title: "Learning rate of G", unit: "learning rate", stretches: 300 },
  ].map((what) => lineChart({ ...what, runs, below }));
  return [scoreChart(runs, "mIoU"), scoreChart(runs, "pAcc"), ...curves].filter((of) =>
    of !== null
  );
}

/** D's outputs, accuracy, drift and loss; none where no run has a discriminator. */
export function discriminatorFigures(runs: readonly RunRecord[]): Figure[] {
  const adversarial = runs.filter(({ steps }) => steps.some(({ logs }) => "d/real" in logs));
  if (adversarial.length === 0) return [];
  const [low, high] = HEALTHY_LOSS_D;
  const band = [
    Plot.rectY([low], { y1: (y) => y, y2: high, fill: HEALTHY, fillOpacity: 0.15 }),
  ];
  const charts = [
    {
      key: "loss/d",
      name: "loss-d",
      title: "L_D (healthy range in green)",
      unit: "loss",
      below: band,
    },
    { key: "loss/gen", name: "loss-gen", title: "L_G, before α", unit: "loss", below: [] },
    {
      key: "d/accuracy",
      name: "d-accuracy",
      title: "Accuracy of D",
      unit: "share of pixels",
      below: [],
    },
    {
      key: "d/drift",
      name: "d-drift",
      title: "Drift of D from its start",
      unit: "‖D − D₀‖ / ‖D₀‖",
      stretches: 300,
      below: [],
    },
  ].map((what) => lineChart({ ...what, runs }));
  return [outputChart(adversarial, runs), ...charts].filter((of) => of !== null);
}

/** IoU of each class at the best validation: bars are means over a group, ticks its runs. */
export function classFigure(runs: readonly RunRecord[]): Figure | null {
  const single = runs.flatMap((run) => {
    const { validations } = run;
    const scores = validations.findLast(({ best }) => best)?.scores ?? validations.at(-1)?.scores;
    return scores?.classes.flatMap(({ name, iou }) =>
      iou === null ? [] : [{ series: seriesOf(run), class: name, iou: iou * 100 }]
    ) ?? [];
  });
  if (single.length === 0) return null;
  const classes = [...new Set(single.map((bar) => bar.class))];
  const series = seriesNames(runs);
  const means = groupBy(single, (bar) => `${bar.class}\n${bar.series}`)
    .map((bars) => ({
      ...bars[0],
      iou: bars.reduce((sum, { iou }) => sum + iou, 0) / bars.length,
    }));
  const ticks = runs.length > series.length
    ? [Plot.tickX(single, { x: "iou", y: "series", fy: "class", strokeOpacity: 0.6 })]
    : [];
  return chart({
    name: "class-iou",
    title: "IoU by class at the best validation",
    series,
    shown: series.filter((name) => single.some((bar) => bar.series === name)),
    plot: {
      width: 520,
      height: 60 + classes.length * Math.max(20, 6 + 6 * series.length),
      marginLeft: marginFor(classes),
      x: { label: "IoU, %", domain: [0, 100], grid: true },
      y: { axis: null, domain: series },
      fy: { label: null, domain: classes, padding: 0.15 },
      marks: [Plot.barX(means, { x: "iou", y: "series", fy: "class", fill: "series" }), ...ticks],
    },
  });
}

interface LineChart {
  key: string;
  name: string;
  title: string;
  /** What the vertical axis shows. */
  unit: string;
  runs: readonly RunRecord[];
  below: Plot.Markish[];
  /** Of the mean curve; few smooth what is noisy. */
  stretches?: number;
}

function lineChart(options: LineChart): Figure | null {
  const { key, name, title, unit, runs, below, stretches } = options;
  const { fine, mean } = curvesOf(runs, key, { stretches });
  if (mean.length === 0) return null;
  const line = { x: "x", y: "y", stroke: "series", z: "run" } as const;
  return chart({
    name,
    title,
    series: seriesNames(runs),
    shown: seriesNames(runs).filter((series) => mean.some((point) => point.series === series)),
    plot: {
      x: { label: "epoch" },
      y: { label: unit, grid: true, ...roomFor([...fine, ...mean]) },
      marks: [
        ...below,
        Plot.lineY(fine, { ...line, strokeWidth: 0.8, strokeOpacity: 0.4 }),
        Plot.lineY(mean, { ...line, strokeWidth: 1.7 }),
      ],
    },
  });
}

/** Means only: two lines a series are enough. */
function outputChart(adversarial: readonly RunRecord[], runs: readonly RunRecord[]): Figure {
  const line = { x: "x", y: "y", stroke: "series", z: "series", strokeWidth: 1.7 } as const;
  return chart({
    name: "d-outputs",
    title: "D(real), solid, and D(fake), dashed",
    series: seriesNames(runs),
    shown: seriesNames(adversarial),
    plot: {
      x: { label: "epoch" },
      y: { label: "mean output of D", domain: [0, 1], grid: true },
      marks: [
        Plot.lineY(curvesOf(adversarial, "d/real").mean, line),
        Plot.lineY(curvesOf(adversarial, "d/fake").mean, { ...line, strokeDasharray: "5 3" }),
      ],
    },
  });
}

function scoreChart(runs: readonly RunRecord[], metric: "mIoU" | "pAcc"): Figure | null {
  const points = runs.flatMap((run) =>
    run.validations.map(({ epoch, scores, best }) => ({
      run: run.name,
      series: seriesOf(run),
      x: epoch,
      y: scores[metric] * 100,
      best,
    }))
  );
  if (points.length === 0) return null;
  const means = groupBy(points, ({ series, x }) => `${x}\n${series}`)
    .map((group) => ({
      ...group[0],
      y: group.reduce((sum, { y }) => sum + y, 0) / group.length,
    }))
    .sort((a, b) => a.x - b.x);
  const best = runs.flatMap(({ name }) => points.findLast((p) => p.run === name && p.best) ?? []);
  const series = seriesNames(runs);
  const isGrouped = series.length < runs.length;
  const line = { x: "x", y: "y", stroke: "series" } as const;
  return chart({
    name: metric.toLowerCase(),
    title: `Validation ${metric} (ring: best)`,
    series,
    shown: series.filter((name) => points.some((point) => point.series === name)),
    plot: {
      // From 0 as beside it; a single validation has no extent of its own
      x: { label: "epoch", domain: [0, Math.max(...points.map(({ x }) => x))] },
      y: { label: `${metric}, %`, grid: true, ...roomFor(points) },
      marks: [
        ...(isGrouped
          ? [Plot.lineY(points, { ...line, z: "run", strokeWidth: 0.8, strokeOpacity: 0.45 })]
          : []),
        Plot.lineY(means, { ...line, z: "series", strokeWidth: 1.7 }),
        Plot.dot(means, { x: "x", y: "y", fill: "series", r: 2.2 }),
        Plot.dot(best, { ...line, r: 5 }),
      ],
    },
  });
}

/** A flat curve gets an axis whose ticks differ. */
function roomFor(points: readonly Pick<Point, "y">[]): { domain?: [number, number] } {
  const values = points.map(({ y }) => y);
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const room = Math.max(Math.abs(high) * 1e-3, 1e-9);
  return high - low < room ? { domain: [Math.floor(low) - 1, Math.ceil(high) + 1] } : {};
}
