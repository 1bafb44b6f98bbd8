/**
 * What sweeps found, as one picture.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import type { SweepRow, SweepTable } from "../sweep/sweep_table.ts";
import { chart, type Figure, marginFor } from "./chart.ts";

/** Colours of what was measured, of its single seeds, and of what was published. */
const [MEASURED, SEED, PUBLISHED] = ["#4269d1", "#8b949e", "#e5534b"];

/**
 * Draws each trial's difference of mIoU from the one it is compared with: every seed, the mean and
 * its 95 % interval, and what was published. Several sweeps stand below one another. `null` where
 * nothing can be compared yet.
 *
 * @example
 * ```ts
 * import { differenceFigure } from "@segadv/segadv/report";
 * import { parseGrid, planSweep, sweepTable } from "@segadv/segadv/sweep";
 * import assert from "node:assert/strict";
 *
 * const grid = "{ preset: fixtures, axes: { adversarial.tg: [0.5, 2] } }";
 * const { plan } = await planSweep(parseGrid(grid, "grid.yaml"));
 * assert.equal(differenceFigure([sweepTable(plan, new Map())]), null);
 * ```
 */
export function differenceFigure(tables: readonly SweepTable[]): Figure | null {
  const rows = tables.flatMap((table) =>
    table.rows.filter(({ difference }) => difference !== null)
      .map((row) => ({ sweep: table.name, trial: row.name, ...marksOf(row) }))
  );
  if (rows.length === 0) return null;
  const seeds = rows.flatMap(({ sweep, trial, seeds: all }) =>
    all.map((points) => ({ sweep, trial, points }))
  );
  const published = rows.filter((row) => row.published !== null);
  const shown = [
    0,
    ...seeds.map(({ points }) => points),
    ...published.map((row) => row.published!),
  ];
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const room = Math.max(0.2, (high - low) * 0.25);
  const domain: [number, number] = [low - room, high + room];
  const place = { y: "trial", fy: "sweep" };
  const references = [...new Set(tables.map(({ reference }) => reference))].join(", ");
  return chart({
    name: tables.length > 1 ? "differences" : `differences-${slug(tables[0]!.name)}`,
    title: `Difference of mIoU from ${references}`,
    legend: [
      { name: "mean, 95 % interval", color: MEASURED },
      { name: "one seed", color: SEED },
      ...(published.length > 0 ? [{ name: "published", color: PUBLISHED }] : []),
    ],
    plot: {
      width: 520,
      height: 70 + rows.length * 26 + tables.length * 24,
      marginLeft: marginFor(rows.map(({ trial }) => trial)),
      marginTop: 20,
      x: { label: "points of mIoU", domain, grid: true },
      y: { label: null, domain: [...new Set(rows.map(({ trial }) => trial))] },
      fy: { axis: null, padding: 0.25 },
      marks: [
        Plot.ruleX([0], { stroke: "currentColor" }),
        ...(tables.length > 1
          ? [Plot.text(tables.map(({ name }) => name), {
            fy: (name) => name,
            text: (name) => name,
            frameAnchor: "top-left",
            dy: -16,
            fontWeight: 600,
          })]
          : []),
        // An interval may be wider than the picture
        Plot.ruleY(rows.filter(({ from }) => from !== null), {
          ...place,
          x1: ({ from }) => Math.max(domain[0], from),
          x2: ({ to }) => Math.min(domain[1], to),
          stroke: MEASURED,
          strokeWidth: 2,
        }),
        Plot.tickX(seeds, {
          ...place,
          x: "points",
          stroke: SEED,
          strokeWidth: 1.5,
          inset: 4,
        }),
        Plot.dot(rows, { ...place, x: "mean", r: 4.5, fill: MEASURED }),
        Plot.dot(published, {
          ...place,
          x: "published",
          symbol: "diamond",
          r: 5,
          stroke: PUBLISHED,
        }),
      ],
    },
  });
}

/** In points. */
function marksOf({ difference, pairs, publishedDifference }: SweepRow) {
  const { mean, interval } = difference!;
  return {
    mean: mean * 100,
    from: interval === null ? null : interval[0] * 100,
    to: interval === null ? null : interval[1] * 100,
    seeds: pairs.map((pair) => pair.difference * 100),
    published: publishedDifference,
  };
}

function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "sweep";
}
