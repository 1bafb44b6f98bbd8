import assert from "node:assert/strict";
import { test } from "node:test";
import { learningRate, type ScheduleOptions } from "../../lib/optim/learning_rate.ts";
import { schedules } from "../../lib/optim/schedule_config.ts";

function cosine(step: number, options: ScheduleOptions): number {
  return learningRate(schedules.get("cosine"), step, options);
}

const thesis = { base: 5e-3, warmupSteps: 5 * 661, totalSteps: 50 * 661 };

test("learningRate() rises linearly to the peak at the end of warm-up", () => {
  assert.equal(cosine(0, thesis), 5e-3 * (1 / 3305));
  assert.equal(cosine(3304, thesis), 5e-3);
  assert.equal(cosine(1652, thesis), 5e-3 * (1653 / 3305));
});

test("learningRate() falls along half a cosine to zero", () => {
  assert.equal(cosine(3305, thesis), 5e-3);
  const middle = 3305 + (33050 - 3305) / 2;
  assert.ok(Math.abs(cosine(middle, thesis) - 2.5e-3) < 1e-9);
  assert.ok(cosine(33049, thesis) > 0);
  assert.ok(cosine(33049, thesis) < 1e-10);
  assert.equal(cosine(33050, thesis), 0);
});

test("learningRate() starts at the peak without warm-up and survives warm-up alone", () => {
  assert.equal(cosine(0, { base: 1, warmupSteps: 0, totalSteps: 10 }), 1);
  assert.equal(cosine(9, { base: 1, warmupSteps: 10, totalSteps: 10 }), 1);
  assert.equal(cosine(4, { base: 1, warmupSteps: 20, totalSteps: 10 }), 0.25);
});

test("learningRate() falls as (1 - t / T) ** power with poly", () => {
  const poly = (step: number, options: object = {}): number =>
    learningRate(schedules.get("poly"), step, { base: 2, warmupSteps: 0, totalSteps: 10, options });
  assert.equal(poly(0), 2);
  assert.equal(poly(4), 2 * 0.6 ** 0.9);
  assert.equal(poly(4, { name: "poly", warmupEpochs: 0, power: 2 }), 2 * 0.6 ** 2);
  assert.equal(poly(10), 0);
  assert.throws(() => poly(4, { power: -1 }), /poly with option power/);
  assert.throws(
    () =>
      learningRate(schedules.get("cosine"), 1, {
        ...thesis,
        warmupSteps: 0,
        options: { power: 1 },
      }),
    /cosine takes none/,
  );
});
