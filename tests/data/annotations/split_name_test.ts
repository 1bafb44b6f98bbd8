import assert from "node:assert/strict";
import { test } from "node:test";
import { splitNameIn } from "../../../lib/data/annotations/split_name.ts";

test("splitNameIn() knows the names that others give to splits", () => {
  const cases: Record<string, string | null> = {
    "instances_train2017.json": "train",
    "instances_val2017": "val",
    valid: "val",
    Validation: "val",
    "test-dev": null,
    Test: "test",
    "train/images": "train",
    trainval: null,
    "instances_default": null,
    constraint: null,
    interval: null,
  };
  for (const [name, split] of Object.entries(cases)) assert.equal(splitNameIn(name), split, name);
});
