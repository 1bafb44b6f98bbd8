/**
 * Charts of what runs said of themselves.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import { HEALTHY_LOSS_D } from "../train/judge_game.ts";
import { chart, type Figure } from "./_chart.ts";
import type { RunRecord } from "./read_run.ts";

export type { Figure } from "./_chart.ts";

/** Points of one curve at most: more cannot be seen and would only fill the file. */
const POINTS = 400;

/** One point of a curve. */
interface Point {
  run: string;
  x: number;
  y: number;
}

/** Losses, learning rate and validation scores, with the warm-up and the best epoch marked. */
export function trainingFigures(runs: readonly RunRecord[]): Figure[] {
  const warmup = Math.max(0, ...runs.map(({ start }) => start.config.train.warmupEpochs));
  const shade = warmup > 0
    ? [Plot.rectX([warmup], { x1: 0, x2: (x) => x, fill: "currentColor", fillOpacity: 0.06 })]
    : [];
  const curves = [
    { key: "loss/seg", name: "loss-seg", title: "L_seg (warm-up shaded)" },
    { key: "loss/total", name: "loss-total", title: "L_total = L_seg + α·L_G + L2" },
    { key: "lr/g", name: "lr", title: "Learning rate of G" },
  ].map(({ key, name, title }) =>
    lineChart({ name, title, points: pointsOf(runs, key), runs, below: shade })
  );
  return [...curves, scoreChart(runs, "mIoU"), scoreChart(runs, "pAcc")];
}

/** D's outputs, accuracy, drift and loss; none where no run has a discriminator. */
export function gameFigures(runs: readonly RunRecord[]): Figure[] {
  const playing = runs.filter(({ steps }) => steps.some(({ logs }) => "d/real" in logs));
  if (playing.length === 0) return [];
  const [low, high] = HEALTHY_LOSS_D;
  const band = [Plot.rectY([low], {
    y1: (y) => y,
    y2: high,
    fill: "#3ca951",
    fillOpacity: 0.12,
  })];
  const outputs = (["d/real", "d/fake"] as const).flatMap((key) =>
    pointsOf(playing, key).map((point) => ({ ...point, key }))
  );
  const [series, shown] = [runs, playing].map((list) => list.map(({ name }) => name));
  return [
    chart({
      name: "d-outputs",
      title: "D(real), solid, and D(fake), dashed",
      series: series!,
      shown: shown!,
      plot: {
        x: { label: "epoch" },
        y: { label: null, domain: [0, 1], grid: true },
        marks: [
          Plot.lineY(outputs.filter(({ key }) => key === "d/real"), {
            x: "x",
            y: "y",
            stroke: "run",
          }),
          Plot.lineY(outputs.filter(({ key }) => key === "d/fake"), {
            x: "x",
            y: "y",
            stroke: "run",
            strokeDasharray: "4 3",
          }),
        ],
      },
    }),
    ...[
      { key: "loss/d", name: "loss-d", title: "L_D (healthy range in green)", below: band },
      { key: "loss/gen", name: "loss-gen", title: "L_G", below: [] },
      { key: "d/accuracy", name: "d-accuracy", title: "Accuracy of D", below: [] },
      { key: "d/drift", name: "d-drift", title: "Drift of D: ‖D − D₀‖ / ‖D₀‖", below: [] },
    ].map(({ key, name, title, below }) =>
      lineChart({ name, title, points: pointsOf(playing, key), runs, below })
    ),
  ];
}

/** IoU of each class at the best validation. */
export function classFigure(runs: readonly RunRecord[]): Figure | null {
  const bars = runs.flatMap(({ name, validations }) => {
    const scores = validations.findLast(({ best }) => best)?.scores ?? validations.at(-1)?.scores;
    return scores?.classes.map((c) => ({ run: name, class: c.name, iou: c.iou ?? 0 })) ?? [];
  });
  if (bars.length === 0) return null;
  const classes = [...new Set(bars.map((bar) => bar.class))];
  return chart({
    name: "class-iou",
    title: "IoU by class at the best validation",
    series: runs.map(({ name }) => name),
    plot: {
      height: 40 + classes.length * Math.max(18, 7 * runs.length),
      marginLeft: 110,
      x: { label: "IoU", domain: [0, 1], grid: true },
      y: { axis: null },
      fy: { label: null, domain: classes },
      marks: [Plot.barX(bars, { x: "iou", y: "run", fy: "class", fill: "run" })],
    },
  });
}

function lineChart(options: {
  name: string;
  title: string;
  points: Point[];
  runs: readonly RunRecord[];
  below: Plot.Markish[];
}): Figure {
  const { name, title, points, runs, below } = options;
  return chart({
    name,
    title,
    series: runs.map((run) => run.name),
    shown: [...new Set(points.map(({ run }) => run))],
    plot: {
      x: { label: "epoch" },
      y: { label: null, grid: true, ...roomFor(points) },
      marks: [...below, Plot.lineY(points, { x: "x", y: "y", stroke: "run", strokeWidth: 1.2 })],
    },
  });
}

function scoreChart(runs: readonly RunRecord[], metric: "mIoU" | "pAcc"): Figure {
  const points = runs.flatMap(({ name, validations }) =>
    validations.map(({ epoch, scores }) => ({ run: name, x: epoch, y: scores[metric] * 100 }))
  );
  const best = runs.flatMap(({ name, validations }) => {
    const found = validations.findLast((validation) => validation.best);
    return found === undefined
      ? []
      : [{ run: name, x: found.epoch, y: found.scores[metric] * 100 }];
  });
  return chart({
    name: metric.toLowerCase(),
    title: `Validation ${metric} in % (ring: best mIoU)`,
    series: runs.map(({ name }) => name),
    plot: {
      x: { label: "epoch" },
      y: { label: null, grid: true, ...roomFor(points) },
      marks: [
        Plot.lineY(points, { x: "x", y: "y", stroke: "run" }),
        Plot.dot(points, { x: "x", y: "y", fill: "run", r: 2 }),
        Plot.dot(best, { x: "x", y: "y", stroke: "run", r: 6 }),
      ],
    },
  });
}

/** A flat curve gets an axis whose ticks can be told apart. */
function roomFor(points: readonly Point[]): { domain?: [number, number] } {
  const values = points.map(({ y }) => y);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(Math.abs(high) * 1e-3, 1e-9);
  return high - low < room && values.length > 0
    ? { domain: [Math.floor(low) - 1, Math.ceil(high) + 1] }
    : {};
}

/** A curve over epochs, thinned to means of equal stretches. */
function pointsOf(runs: readonly RunRecord[], key: string): Point[] {
  return runs.flatMap(({ name, start, steps }) => {
    const known = steps.filter(({ logs }) => logs[key] !== undefined);
    const stride = Math.ceil(known.length / POINTS);
    const points: Point[] = [];
    for (let i = 0; i < known.length; i += stride) {
      const part = known.slice(i, i + stride);
      const y = part.reduce((sum, { logs }) => sum + logs[key]!, 0) / part.length;
      points.push({ run: name, x: part.at(-1)!.step / start.stepsPerEpoch, y });
    }
    return points;
  });
}
