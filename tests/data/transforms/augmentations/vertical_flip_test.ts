import assert from "node:assert/strict";
import { test } from "node:test";
import { verticalFlip } from "../../../../lib/data/transforms/augmentations/vertical_flip.ts";
import { randomStream } from "../../../../lib/util/random.ts";

test("verticalFlip mirrors pixels and labels top to bottom, or neither", () => {
  for (const height of [1, 2, 3]) {
    const pixels = Uint8Array.from({ length: 2 * height * 3 }, (_, i) => i);
    const labels = Uint8Array.from({ length: 2 * height }, (_, i) => i);
    const crop = {
      width: 2,
      height,
      image: pixels.slice(),
      label: labels.slice(),
      fill: [0, 0, 0] as const,
      ignoreLabel: 255,
    };
    verticalFlip.pixels!(crop, { p: 0 }, randomStream(1));
    assert.deepEqual([crop.image, crop.label], [pixels, labels]);
    verticalFlip.pixels!(crop, { p: 1 }, randomStream(1));
    const rows = Array.from({ length: height }, (_, y) => [...labels.slice(2 * y, 2 * y + 2)]);
    assert.deepEqual([...crop.label], rows.toReversed().flat());
    assert.deepEqual([...crop.image.slice(0, 3)], [...pixels.slice(6 * (height - 1)).slice(0, 3)]);
    verticalFlip.pixels!(crop, { p: 1 }, randomStream(1));
    assert.deepEqual([crop.image, crop.label], [pixels, labels]);
  }
});
