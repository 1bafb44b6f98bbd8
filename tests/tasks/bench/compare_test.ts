import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, median } from "../../../tasks/bench/compare.ts";

test("compare() takes turns, drops the warm-up and divides the medians", async () => {
  let clock = 0;
  let order = "";
  const costs = { v: [100, 2, 4, 3], b: [100, 12, 9, 10] };
  const subject = (key: "v" | "b") => () => {
    order += key;
    clock += costs[key].shift() ?? NaN;
    return Promise.resolve();
  };
  const subjects = { value: subject("v"), baseline: subject("b") };
  const row = await compare("a/b", subjects, { turns: 3, now: () => clock });
  assert.equal(order, "bvbvbvbv");
  assert.deepEqual(row, { name: "a/b", unit: "ms", value: 3, baseline: 10, ratio: 10 / 3 });
});

test("median() is the middle, or the mean of the two in the middle, and needs a value", () => {
  assert.equal(median([9, 1, 10]), 9);
  assert.equal(median([4, 1, 2, 100]), 3);
  assert.throws(() => median([]), RangeError);
});
