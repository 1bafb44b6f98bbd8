import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dataset } from "../../lib/data/dataset.ts";
import { describeRead } from "../../lib/data/describe_read.ts";
import { openDataset } from "../../lib/data/registry.ts";

test("describeRead() says what a data set is, its classes and the sizes of its splits", async () => {
  const train = await openDataset("fixtures", { split: "train" });
  const val = await openDataset("fixtures", { split: "val" });
  assert.match(describeRead([train, val]), /; classes .*, 255 ignored; train 24, val 8$/);
  const classes = Array.from({ length: 9 }, (_, i) => ({ name: `c${i}`, color: [0, 0, 0] }));
  const many = { ...val, name: "mine", classes } as Dataset;
  const line = "mine; classes c0, c1, c2, c3, c4, c5, … (9), 255 ignored; val 8";
  assert.equal(describeRead([many]), line);
});
