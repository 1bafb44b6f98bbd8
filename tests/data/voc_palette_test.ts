import { test } from "node:test";
import assert from "node:assert/strict";
import { vocPalette } from "../../lib/data/voc_palette.ts";

test("vocPalette() gives the published colours", () => {
  const palette = vocPalette(256);
  const color = (index: number): number[] => [...palette.subarray(index * 3, index * 3 + 3)];
  assert.deepEqual(color(0), [0, 0, 0]);
  assert.deepEqual(color(1), [128, 0, 0]);
  assert.deepEqual(color(15), [192, 128, 128]);
  assert.deepEqual(color(20), [0, 64, 128]);
  assert.deepEqual(color(255), [224, 224, 192]);
  assert.equal(new Set(Array.from({ length: 256 }, (_, i) => color(i).join())).size, 256);
});
