import assert from "node:assert/strict";
import { test } from "node:test";
import { cosineWithWarmup } from "../../lib/optim/learning_rate.ts";

const thesis = { base: 5e-3, warmupSteps: 5 * 661, totalSteps: 50 * 661 };

test("cosineWithWarmup() rises linearly to the peak at the end of warm-up", () => {
  assert.equal(cosineWithWarmup(0, thesis), 5e-3 * (1 / 3305));
  assert.equal(cosineWithWarmup(3304, thesis), 5e-3);
  assert.equal(cosineWithWarmup(1652, thesis), 5e-3 * (1653 / 3305));
});

test("cosineWithWarmup() falls along half a cosine to zero", () => {
  assert.equal(cosineWithWarmup(3305, thesis), 5e-3);
  const middle = 3305 + (33050 - 3305) / 2;
  assert.ok(Math.abs(cosineWithWarmup(middle, thesis) - 2.5e-3) < 1e-9);
  assert.ok(cosineWithWarmup(33049, thesis) > 0);
  assert.ok(cosineWithWarmup(33049, thesis) < 1e-10);
  assert.equal(cosineWithWarmup(33050, thesis), 0);
});

test("cosineWithWarmup() starts at the peak without warm-up and survives warm-up alone", () => {
  assert.equal(cosineWithWarmup(0, { base: 1, warmupSteps: 0, totalSteps: 10 }), 1);
  assert.equal(cosineWithWarmup(9, { base: 1, warmupSteps: 10, totalSteps: 10 }), 1);
  assert.equal(cosineWithWarmup(4, { base: 1, warmupSteps: 20, totalSteps: 10 }), 0.25);
});
