import assert from "node:assert/strict";
import { test } from "node:test";
import constants from "../../fixtures/statistics.json" with { type: "json" };
import { studentQuantile } from "../../lib/metrics/student_quantile.ts";

test("studentQuantile() agrees with SciPy from 1 to 200 degrees of freedom", () => {
  for (const { probability, freedom, value } of constants.quantiles) {
    const found = studentQuantile(probability, freedom);
    assert.ok(Math.abs(found - value) < 1e-9 * value, `t(${probability}, ${freedom}) = ${found}`);
  }
});

test("studentQuantile() refuses what has no such quantile", () => {
  assert.throws(() => studentQuantile(1, 3), RangeError);
  assert.throws(() => studentQuantile(0.975, 0), RangeError);
});
