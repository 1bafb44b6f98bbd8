import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { comparePaired, summarize } from "../../lib/metrics/statistics.ts";
import { differenceFigure } from "../../lib/report/difference_figure.ts";
import type { SweepRow, SweepTable } from "../../lib/sweep/sweep_table.ts";

/** A row with these differences of mIoU, in points. */
function row(name: string, { points, published = null }: {
  points: number[];
  published?: number | null;
}): SweepRow {
  const pairs = points.map((point, i) => ({ seed: i + 1, difference: point / 100 }));
  return {
    condition: name,
    name,
    isBaseline: points.length === 0,
    isReference: points.length === 0,
    seeds: pairs.map(({ seed }) => seed),
    diverged: [],
    pAcc: summarize([0.9]),
    mIoU: summarize([0.6]),
    difference: points.length === 0 ? null : comparePaired({
      values: pairs.map(({ difference }) => difference),
      baseline: pairs.map(() => 0),
    }),
    pairs,
    reading: null,
    published: null,
    publishedDifference: published,
    publishedCost: null,
    secondsPerEpoch: null,
    parameters: null,
  };
}

function table(name: string, rows: SweepRow[]): SweepTable {
  return { name, score: "last", reference: "base", finished: 3, trials: 3, rows, notes: [] };
}

describe("differenceFigure()", () => {
  const base = row("base", { points: [] });
  const wide = row("wide", { points: [-20, 30] });
  const ours = row("ours", { points: [1, 2, 1.5], published: 1.68 });

  test("differenceFigure() draws seeds, mean, interval and what was published", () => {
    const { svg, name, legend, title } = differenceFigure([table("λ & T", [base, ours])])!;
    assert.equal(name, "differences-t");
    assert.equal(title, "Difference of mIoU from base");
    assert.deepEqual(legend.map((entry) => entry.name), [
      "mean, 95 % interval",
      "one seed",
      "published",
    ]);
    const seeds = /aria-label="tick".*?<\/g>/s.exec(svg)![0];
    assert.equal(seeds.split("<line").length - 1, 3);
    assert.doesNotMatch(svg, /NaN|undefined|⚠/);
    assert.match(svg, /<text y="-8"[^>]*>Difference of mIoU from base</);
  });

  test("differenceFigure() cuts an interval that is wider than the seeds, and a single seed has none", () => {
    const { svg, plot } = differenceFigure([table("a", [base, wide])])!;
    const interval = /aria-label="rule"><g [^>]*stroke="#4269d1".*?<\/g>/s.exec(svg)![0];
    const ends = [...interval.matchAll(/ x[12]="([\d.-]+)"/g)].map(([, x]) => Number(x));
    assert.equal(ends.length, 2);
    assert.ok(ends.every((x) => x >= 0 && x <= 520), `${ends}`);
    assert.match(plot, /viewBox="0 0 520 \d+"/);
    const single = differenceFigure([table("a", [base, row("one", { points: [3] })])])!;
    assert.doesNotMatch(single.svg, /NaN|undefined|⚠/);
  });

  test("differenceFigure() sets several sweeps below one another", () => {
    const { svg, name } = differenceFigure([
      table("first", [base, ours]),
      table("second", [base, wide]),
    ])!;
    assert.equal(name, "differences");
    assert.match(svg, />first<\/text>.*>second<\/text>/s);
  });

  test("differenceFigure() draws nothing where nothing is compared", () => {
    assert.equal(differenceFigure([]), null);
    assert.equal(differenceFigure([table("a", [base])]), null);
  });
});
