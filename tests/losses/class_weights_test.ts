import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseClassWeights, needsCounts } from "../../lib/losses/class_weights.ts";

// 70 %, 20 % and 10 % of one image
const counts = { pixels: [70, 20, 10, 0], pixelsAround: [100, 100, 100, 0] };
const classes = 4;

test("chooseClassWeights() takes what inspect data prints, and 0 where a class never occurs", () => {
  const enet = chooseClassWeights("enet", { classes, counts })!;
  for (const [c, expected] of [1.843915, 5.028895, 8.823891, 0].entries()) {
    assert.ok(Math.abs(enet[c]! - expected) < 1e-6, `${enet[c]} is not ${expected}`);
  }
  const median = chooseClassWeights("median-frequency", { classes, counts });
  assert.deepEqual(median, [0.2 / 0.7, 1, 2, 0]);
});

test("chooseClassWeights() takes numbers as they are, one a class", () => {
  assert.equal(chooseClassWeights("none", { classes, counts: null }), null);
  assert.deepEqual(chooseClassWeights([1, 2, 3, 4], { classes, counts: null }), [1, 2, 3, 4]);
  assert.throws(
    () => chooseClassWeights([1, 2], { classes, counts: null }),
    /^RangeError: Cannot weigh 4 classes by 2 numbers: loss\.classWeights must be one number a class/,
  );
});

test("needsCounts() is for rules alone", () => {
  assert.deepEqual(
    (["none", "enet", "median-frequency", [1]] as const).map((choice) => needsCounts(choice)),
    [false, true, true, false],
  );
});
