import assert from "node:assert/strict";
import { test } from "node:test";
import { fromLayout, withChannels } from "../../lib/weights/kernel_layout.ts";

test("withChannels() repeats filters in turn and keeps the sum for equal channels", () => {
  // One tap, two filters: red 1 and 10, green 2 and 20, blue 3 and 30
  const rgb = Float32Array.of(1, 10, 2, 20, 3, 30);
  const shape = [1, 1, 3, 2];
  assert.deepEqual([...withChannels(rgb, { shape, channels: 1 })], [6, 60]);
  assert.deepEqual([...withChannels(rgb, { shape, channels: 2 })], [1.5, 15, 3, 30]);
  const six = [...withChannels(rgb, { shape, channels: 6 })];
  assert.deepEqual(six, [0.5, 5, 1, 10, 1.5, 15, 0.5, 5, 1, 10, 1.5, 15]);
});

test("fromLayout() puts PyTorch's kernels in the order [h, w, in, out]", () => {
  // [out 2, in 1, h 1, w 3]
  const kernel = Float32Array.of(1, 2, 3, 4, 5, 6);
  const shape = [1, 3, 1, 2];
  assert.deepEqual([...fromLayout(kernel, { shape, layout: "oihw" })], [1, 4, 2, 5, 3, 6]);
  // Depthwise: [channels 2, 1, h 1, w 3]
  const depthwise = { shape: [1, 3, 2, 1], layout: "depthwise" } as const;
  assert.deepEqual([...fromLayout(kernel, depthwise)], [1, 4, 2, 5, 3, 6]);
  assert.equal(fromLayout(kernel, { shape, layout: "same" }), kernel);
});
