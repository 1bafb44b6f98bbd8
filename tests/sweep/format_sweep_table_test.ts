import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSweepTable, tableFormats } from "../../lib/sweep/format_sweep_table.ts";

test("formatSweepTable gives every format a table without rows", () => {
  const empty = { name: "none", score: "last", finished: 0, trials: 0, rows: [] } as const;
  const texts = tableFormats.map((format) => formatSweepTable({ ...empty, rows: [] }, format));
  assert.equal(new Set(texts).size, tableFormats.length);
  assert.ok(texts.every((text) => text.endsWith("\n")));
});
