import { test } from "node:test";
import assert from "node:assert/strict";
import { remapLabels } from "../../../lib/data/transforms/remap_labels.ts";
import type { ClassInfo } from "../../../lib/data/dataset.ts";

const classes: ClassInfo[] = ["a", "b"].map((name) => ({ name, color: [0, 0, 0] }));

test("remapLabels() turns the ignore label into 255 and counts the rest", () => {
  const label = new Uint8Array([0, 7, 1, 7, 1]);
  assert.equal(remapLabels(label, { classes, ignoreLabel: 7, where: "x", width: 5 }), 3);
  assert.deepEqual([...label], [0, 255, 1, 255, 1]);
});

test("remapLabels() leaves out a class that is the ignore label", () => {
  const label = new Uint8Array([0, 1]);
  assert.equal(remapLabels(label, { classes, ignoreLabel: 0, where: "x", width: 2 }), 1);
  assert.deepEqual([...label], [255, 1]);
});

test("remapLabels() tells value and place of a wrong label", () => {
  const label = new Uint8Array([0, 1, 0, 255, 2, 0]);
  assert.throws(
    () => remapLabels(label, { classes, ignoreLabel: 255, where: 'file "q"', width: 3 }),
    {
      name: "RangeError",
      message:
        'Cannot use file "q": label 2 at column 1, row 1 is neither a class (0..1) nor the ' +
        "ignore label (255)",
    },
  );
});
