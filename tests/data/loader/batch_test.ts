import { test } from "node:test";
import assert from "node:assert/strict";
import { stepsPerEpoch } from "../../../lib/data/loader/batch.ts";
import { openDataset } from "../../../lib/data/registry.ts";

test("stepsPerEpoch() refuses a batch larger than the data set", async () => {
  const dataset = await openDataset("fixtures", { split: "train" });
  assert.equal(stepsPerEpoch(dataset, 24), 1);
  assert.equal(stepsPerEpoch(dataset, 7), 3);
  assert.throws(() => stepsPerEpoch(dataset, 25), {
    name: "RangeError",
    message: 'Cannot fill a batch of 25 from 24 samples of split "train": set data.batch to at ' +
      "most 24",
  });
});
