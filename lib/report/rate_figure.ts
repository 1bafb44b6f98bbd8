/**
 * What a learning-rate range test found, as one picture.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import type { RateSearch } from "../train/find_learning_rate.ts";
import { chart, type Figure } from "./chart.ts";

/** Colours of the smoothed loss, of single losses, and of the rate that is named. */
const [SMOOTH, SINGLE, CHOSEN] = ["#4269d0", "#8b949e", "#e5534b"];

/**
 * Draws the loss over the learning rate, and the rate where it falls fastest.
 *
 * @throws {RangeError} If there are no points.
 * @example
 * ```ts
 * import { rateFigure } from "@segadv/segadv/report";
 * import assert from "node:assert/strict";
 *
 * const points = [1e-3, 1e-2, 1e-1].map((rate, i) => ({ rate, loss: 3 - i, smooth: 3 - i }));
 * assert.match(rateFigure({ points, rate: 1e-2 }).svg, /^<svg /);
 * ```
 */
export function rateFigure({ points, rate }: Pick<RateSearch, "points" | "rate">): Figure {
  if (points.length === 0) throw new RangeError("Cannot draw a search of no points");
  const values = points.map(({ smooth }) => smooth);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max((high - low) * 0.1, high * 1e-3, 1e-9);
  const domain: [number, number] = [low - room, high + room];
  const inside = points.filter(({ loss }) => loss >= domain[0] && loss <= domain[1]);
  return chart({
    name: "learning-rate",
    title: "L_seg over the learning rate",
    legend: [
      { name: "smoothed", color: SMOOTH },
      { name: "each step", color: SINGLE },
      ...(rate === null ? [] : [{ name: `steepest: ${rate.toPrecision(2)}`, color: CHOSEN }]),
    ],
    plot: {
      width: 560,
      x: { label: "learning rate", type: "log", tickFormat: (x: number) => x.toExponential(0) },
      y: { label: "nats a pixel", grid: true, domain },
      marks: [
        ...(rate === null ? [] : [Plot.ruleX([rate], { stroke: CHOSEN })]),
        Plot.dot(inside, { x: "rate", y: "loss", r: 1.5, fill: SINGLE }),
        Plot.lineY(points, { x: "rate", y: "smooth", stroke: SMOOTH, strokeWidth: 1.7 }),
      ],
    },
  });
}
