import assert from "node:assert/strict";
import { test } from "node:test";
import { comparePaired, summarize } from "../../lib/metrics/statistics.ts";
import { formatSweepTable, tableFormats } from "../../lib/sweep/format_sweep_table.ts";

test("formatSweepTable() gives every format a table without rows", () => {
  const empty = {
    name: "none",
    score: "last" as const,
    reference: null,
    finished: 0,
    trials: 0,
    notes: [],
  };
  const texts = tableFormats.map((format) => formatSweepTable({ ...empty, rows: [] }, format));
  assert.equal(new Set(texts).size, tableFormats.length);
  assert.ok(texts.every((text) => text.endsWith("\n")));
});

test("formatSweepTable() warns of chance where many trials are compared", () => {
  const seeds = [1, 2, 3, 4, 5, 6];
  const difference = comparePaired({
    values: seeds.map((seed) => seed / 100),
    baseline: seeds.map(() => 0),
  });
  const row = {
    condition: "a",
    name: "a",
    isBaseline: false,
    isReference: false,
    seeds,
    diverged: [],
    pAcc: summarize([0.5]),
    mIoU: summarize([0.5]),
    difference,
    pairs: [],
    reading: "so so",
    published: null,
    publishedDifference: null,
    publishedCost: null,
    secondsPerEpoch: null,
    parameters: null,
  };
  const table = {
    name: "t",
    score: "last" as const,
    reference: "b",
    finished: 6,
    trials: 6,
    notes: [],
  };
  assert.match(
    formatSweepTable({ ...table, rows: [row, row] }, "md"),
    /among 2 comparisons, one holds against all only below 0\.025/,
  );
  assert.doesNotMatch(formatSweepTable({ ...table, rows: [row] }, "md"), /Bonferroni/);
});
