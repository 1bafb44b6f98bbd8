import assert from "node:assert/strict";
import { test } from "node:test";
import { grayscale, luma } from "../../../../lib/data/transforms/augmentations/grayscale.ts";
import { randomStream } from "../../../../lib/util/random.ts";
import { assertLevels, goldenImage, height, width } from "../../../support/augmentation_goldens.ts";

test("grayscale gives torchvision's pixels", () => {
  const image = goldenImage();
  const label = new Uint8Array(width * height);
  const crop = { width, height, image, label, fill: [0, 0, 0] as const, ignoreLabel: 255 };
  grayscale.pixels!(crop, { p: 0 }, randomStream(1));
  assert.deepEqual(image, goldenImage());
  grayscale.pixels!(crop, { p: 1 }, randomStream(1));
  assertLevels(image, "grayscale");
});

test("luma() weighs green most, and is torchvision's cut-off sum", () => {
  assert.deepEqual([luma(255, 0, 0), luma(0, 255, 0), luma(0, 0, 255)], [76, 149, 29]);
  assert.deepEqual([luma(0, 0, 0), luma(255, 255, 255)], [0, 254]);
});
