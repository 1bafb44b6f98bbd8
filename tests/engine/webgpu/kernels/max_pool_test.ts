import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertSame, describeWebgpu, gradientOf, normal } from "./_compare.ts";

describeWebgpu("maxPool", () => {
  const cases: [size: number, stride: number, pad: "same" | "valid" | number][] = [
    [2, 2, "same"],
    [3, 2, "same"],
    [3, 1, "valid"],
    [3, 2, 1],
    [2, 3, "valid"],
  ];
  for (const [size, stride, pad] of cases) {
    for (const channels of [3, 8]) {
      test(`maxPool() ${size}x${size}/${stride} ${pad} of ${channels} channels below zero`, async () => {
        const rounding = typeof pad === "number" ? "floor" : undefined;
        const x = () => tf.sub(normal([2, 9, 11, channels]), 5) as tf.Tensor4D;
        await assertSame(() => tf.maxPool(x(), size, stride, pad, rounding), { tolerance: 0 });
      });
    }
  }
});

describeWebgpu("maxPoolGrad", () => {
  const cases: [size: number, stride: number, pad: "same" | "valid" | number][] = [
    [2, 2, "same"],
    [3, 2, "same"],
    [3, 1, "same"],
    [2, 2, "valid"],
    [3, 2, 1],
    [2, 3, "valid"],
  ];
  for (const [size, stride, pad] of cases) {
    for (const channels of [3, 8]) {
      test(`maxPoolGrad() of ${size}x${size}/${stride} ${pad} with ties, ${channels} channels`, async () => {
        const rounding = typeof pad === "number" ? "floor" : undefined;
        const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, size, stride, pad, rounding);
        // Whole numbers, so that maxima are often shared.
        await assertSame(() => gradientOf(pool, tf.round(tf.mul(normal([2, 9, 11, channels]), 2))));
      });
    }
  }
});
