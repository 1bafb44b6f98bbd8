import assert from "node:assert/strict";
import { test } from "node:test";
import { timeInterleaved } from "../../bench/interleaved.ts";

test("timeInterleaved() alternates, drops the warm-up and divides the medians", async () => {
  let order = "";
  const costs = { v: [100, 2, 4, 3], b: [100, 12, 9, 10] };
  const subject = (key: "v" | "b") => () => {
    order += key;
    return Promise.resolve(costs[key].shift() ?? NaN);
  };
  const subjects = { value: subject("v"), baseline: subject("b") };
  const row = await timeInterleaved("a/b", subjects, { rounds: 3 });
  assert.equal(order, "bvbvbvbv");
  assert.deepEqual(row, { name: "a/b", unit: "ms", value: 3, baseline: 10, ratio: 10 / 3 });
});
