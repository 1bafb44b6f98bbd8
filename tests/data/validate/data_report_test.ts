import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { classWeights, median } from "../../../lib/data/validate/data_report.ts";
import { inspectData } from "../../../lib/data/validate/inspect_data.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";

test("classWeights() gives ENet's weights: 1 / ln(1.02 + share)", () => {
  const { enet } = classWeights({ pixels: [75, 25, 0], pixelsAround: [100, 100, 0] });
  assert.deepEqual(enet, [1 / Math.log(1.77), 1 / Math.log(1.27), null]);
});

test("classWeights() takes a class' frequency over the samples that hold it", () => {
  // The second class fills half of the one image that holds it: as frequent there as the first
  const { medianFrequency } = classWeights({ pixels: [100, 50], pixelsAround: [200, 100] });
  assert.deepEqual(medianFrequency, [1, 1]);
});

test("classWeights() of nothing is nothing", () => {
  const none = classWeights({ pixels: [0], pixelsAround: [0] });
  assert.deepEqual(none, { medianFrequency: [null], enet: [null] });
});

test("median() takes the middle, or the mean of the two in the middle", () => {
  assert.deepEqual([[], [5], [9, 1], [3, 10, 2]].map(median), [0, 5, 5, 3]);
});

test("inspectData() finds the statistics that came with real CamVid", {
  skip: skipWithout("data/camvid-small"),
}, async () => {
  const dir = sharedPath("data/camvid-small");
  const known = JSON.parse(readFileSync(`${dir}/classes.json`, "utf8"));
  const report = await inspectData({ reader: "folder", dir, splits: ["train", "val"] });
  assert.deepEqual(report.findings.filter(({ severity }) => severity === "error"), []);
  const [train, val] = report.splits;
  for (const [split, truth] of [[train!, known.splits.train], [val!, known.splits.val]] as const) {
    assert.deepEqual([...split.pixels, split.ignored], truth.pixels_per_class);
    for (let c = 0; c < 3; c++) {
      // The file's figures have five digits and stem from another JPEG decoder
      assert.ok(Math.abs(split.mean[c]! / 255 - truth.rgb_mean[c]) < 1e-3);
      assert.ok(Math.abs(split.std[c]! / 255 - truth.rgb_std[c]) < 1e-3);
    }
  }
  report.weights.medianFrequency.forEach((weight, c) => {
    assert.ok(Math.abs(weight! / known.median_frequency_weights[c] - 1) < 1e-3, `class ${c}`);
  });
});
