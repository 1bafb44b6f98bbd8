import assert from "node:assert/strict";
import { test } from "node:test";
import { geometricMean, median, timedRow } from "../../bench/row.ts";

test("timedRow() divides the medians", () => {
  const times = { value: [2, 4, 3], baseline: [12, 9, 10] };
  const row = { name: "a/b", unit: "ms", value: 3, baseline: 10, ratio: 10 / 3 };
  assert.deepEqual(timedRow("a/b", times), row);
  assert.deepEqual(timedRow("a/b", { ...times, flops: 6e6 }), { ...row, gflops: 2 });
});

test("geometricMean() counts each row alike", () => {
  const rows = [2, 8].map((value) => timedRow("a", { value: [value], baseline: [2 * value] }));
  const mean = geometricMean("all", rows);
  assert.deepEqual([mean.name, ...[mean.value, mean.ratio].map(Math.round)], ["all", 4, 2]);
});

test("median() is the middle, or the mean of the two in the middle, and needs a value", () => {
  assert.equal(median([9, 1, 10]), 9);
  assert.equal(median([4, 1, 2, 100]), 3);
  assert.throws(() => median([]), RangeError);
});
