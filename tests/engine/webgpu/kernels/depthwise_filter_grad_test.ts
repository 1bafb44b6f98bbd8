import * as tf from "@tensorflow/tfjs";
import { test } from "node:test";
import { assertSame, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("depthwiseFilterGrads", () => {
  const cases = [
    { x: [2, 40, 33, 20], filter: [3, 3, 20, 1], stride: 1, dilation: 1 },
    { x: [1, 41, 30, 70], filter: [5, 5, 70, 1], stride: 2, dilation: 1 },
    { x: [1, 37, 30, 6], filter: [3, 3, 6, 2], stride: 1, dilation: 2 },
    { x: [1, 90, 70, 8], filter: [3, 3, 8, 2], stride: 1, dilation: 1 },
  ];
  for (const { x, filter, stride, dilation } of cases) {
    test(`tf.depthwiseConv2d() of many pixels, [${x}] by [${filter}]`, async () => {
      await assertSame(() => {
        const map = normal(x) as tf.Tensor4D;
        const run = (w: tf.Tensor): tf.Tensor =>
          tf.depthwiseConv2d(map, w as tf.Tensor4D, stride, "same", "NHWC", dilation);
        const w = normal(filter, 2);
        return tf.grad(run)(w, normal(run(w).shape, 3));
      }, { tolerance: 2e-5 });
    });
  }
});
