import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, percentage, plural, short } from "../../../cli/ui/format.ts";

test("percentage() has two digits, and a dash for a class that is absent", () => {
  assert.equal(percentage(2 / 3), "66.67 %");
  assert.equal(percentage(null), "-");
});

test("clock() grows with the time", () => {
  assert.deepEqual([0, 59.6, 725, 11229].map(clock), ["0:00", "1:00", "12:05", "3:07:09"]);
});

test("plural() puts thousands apart", () => {
  assert.equal(plural(1, "step"), "1 step");
  assert.equal(plural(1000, "step"), "1,000 steps");
});

test("short() keeps three digits, and tiny numbers apart from zero", () => {
  assert.deepEqual([0.8344, 12.53, 0, 1.23e-7].map(short), ["0.834", "12.5", "0.00", "1.2e-7"]);
});
