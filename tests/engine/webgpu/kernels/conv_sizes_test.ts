import assert from "node:assert/strict";
import { test } from "node:test";
import {
  convKey,
  convSizes,
  isPointwise,
} from "../../../../lib/engine/webgpu/kernels/conv_sizes.ts";

const same = { pad: "same", dataFormat: "NHWC" } as const;

test("convSizes() are tfjs's, padding on the top and left", () => {
  const s = convSizes([2, 9, 8, 3], [4, 4, 3, 12], { ...same, strides: 2 });
  assert.deepEqual([s.b, s.h, s.w, s.c], [2, 9, 8, 3]);
  assert.deepEqual([s.oh, s.ow, s.n, s.top, s.left], [5, 4, 12, 1, 1]);
});

test("isPointwise() holds for 1x1 convolutions of stride 1 alone", () => {
  const of = (size: number, strides: number) =>
    isPointwise(convSizes([1, 8, 8, 4], [size, size, 4, 4], { ...same, strides }));
  assert.deepEqual([of(1, 1), of(1, 2), of(3, 1)], [true, false, false]);
});

test("convKey() is shared by images of any size", () => {
  const key = (side: number, strides: number) =>
    convKey(convSizes([1, side, side, 4], [3, 3, 4, 4], { ...same, strides }));
  assert.equal(key(8, 1), key(20, 1));
  assert.notEqual(key(8, 1), key(8, 2));
});
