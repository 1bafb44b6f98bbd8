import assert from "node:assert/strict";
import { test } from "node:test";
import { inferenceSection } from "../../../lib/models/inference/inference_options.ts";
import { sectionSchema } from "../../../lib/util/section.ts";

const schema = sectionSchema(inferenceSection);

test("inferenceSection is one pass over the original image by default", () => {
  assert.deepEqual(schema.parse({}), {
    resize: null,
    resizeMode: "stretch",
    scoreSize: "label",
    window: "auto",
    overlap: 0.25,
    scales: [1],
    flip: false,
    batch: 1,
  });
});

test("inferenceSection refuses windows, overlaps and scales that are none", () => {
  for (const given of [{ window: "half" }, { overlap: 1 }, { scales: [] }, { scales: [0] }]) {
    assert.equal(schema.safeParse(given).success, false, JSON.stringify(given));
  }
});
