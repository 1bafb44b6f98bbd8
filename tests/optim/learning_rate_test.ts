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

test("learningRate() stays at the peak with constant", () => {
  const at = (step: number): number =>
    learningRate(schedules.get("constant"), step, { base: 2, warmupSteps: 4, totalSteps: 10 });
  assert.deepEqual([0, 3, 4, 9, 10].map(at), [0.5, 2, 2, 2, 0]);
});

test("learningRate() rises and falls with one-cycle, after warm-up to its first rate", () => {
  const at = (step: number, warmupSteps = 0): number => {
    const given = { base: 1, warmupSteps, totalSteps: 100 + warmupSteps };
    return learningRate(schedules.get("one-cycle"), step, given);
  };
  const near = (actual: number, expected: number): void =>
    assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
  near(at(0), 1 / 25);
  near(at(15), (1 + 1 / 25) / 2);
  near(at(30), 1);
  near(at(65), (1 + 1 / 25e4) / 2);
  assert.ok(at(99) > 1 / 25e4 && at(99) < 1e-3);
  near(at(1, 4), 0.5 / 25);
  near(at(4, 4), 1 / 25);
});
