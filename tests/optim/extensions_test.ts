import assert from "node:assert/strict";
import { test } from "node:test";
import { extendedRate, type ExtendedSchedule } from "../../lib/optim/extensions.ts";
import { learningRate } from "../../lib/optim/learning_rate.ts";
import { schedules } from "../../lib/optim/schedule_config.ts";

const PLANNED: ExtendedSchedule = {
  entry: schedules.get("cosine"),
  options: {},
  base: 0.01,
  warmupEpochs: 1,
  epochs: 3,
  stepsPerEpoch: 4,
  extensions: [],
};

/** Rates of all steps. */
function rates(schedule: ExtendedSchedule): number[] {
  const count = schedule.epochs * schedule.stepsPerEpoch;
  return Array.from({ length: count }, (_, step) => extendedRate(schedule, step));
}

test("extendedRate() without an extension is learningRate()", () => {
  const extent = { base: 0.01, warmupSteps: 4, totalSteps: 12 };
  const expected = Array.from({ length: 12 }, (_, i) => learningRate(PLANNED.entry, i, extent));
  assert.deepEqual(rates(PLANNED), expected);
});

test("extendedRate() leaves the planned steps alone, and holds, restarts or stretches", () => {
  const planned = rates(PLANNED);
  const longer = (how: "hold" | "restart" | "stretch") =>
    rates({ ...PLANNED, epochs: 6, extensions: [{ from: 3, by: 3, how }] });
  for (const how of ["hold", "restart", "stretch"] as const) {
    assert.deepEqual(longer(how).slice(0, 12), planned, how);
  }
  assert.deepEqual(longer("hold").slice(12), Array(12).fill(planned[11]));
  assert.deepEqual(longer("restart").slice(12), planned);
  assert.deepEqual(longer("stretch").slice(12), rates({ ...PLANNED, epochs: 6 }).slice(12));
});

test("extendedRate() extends what was extended", () => {
  const first = { from: 3, by: 1, how: "restart" } as const;
  const second = { from: 4, by: 2, how: "hold" } as const;
  const once = rates({ ...PLANNED, epochs: 4, extensions: [first] });
  const twice = rates({ ...PLANNED, epochs: 6, extensions: [first, second] });
  assert.deepEqual(twice.slice(0, 16), once);
  assert.deepEqual(new Set(twice.slice(15)), new Set([once[15]]));
  assert.equal(extendedRate({ ...PLANNED, epochs: 6, extensions: [first, second] }, 24), 0);
});
