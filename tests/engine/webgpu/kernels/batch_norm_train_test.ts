import { test } from "node:test";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { batchNormTraining } from "../../../../lib/engine/ops/batch_norm.ts";
import { assertSame, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("batchNormTrain", () => {
  const shapes = [[1, 1, 2, 3], [2, 5, 7, 4], [3, 40, 33, 5], [1, 64, 64, 8], [2, 9, 9, 260]];
  for (const shape of shapes) {
    for (const relu of [false, true]) {
      test(`batchNormTrain() of [${shape}]${relu ? " with ReLU" : ""}`, async () => {
        await assertSame(() => {
          const x = tf.add(tf.mul(normal(shape), 0.5), 3) as tf.Tensor4D;
          const gamma = normal([shape[3]!], 2) as tf.Tensor1D;
          const beta = normal([shape[3]!], 3) as tf.Tensor1D;
          return batchNormTraining({ x, gamma, beta }, { eps: 1e-3, relu });
        }, { tolerance: 2e-5 });
      });
    }
  }

  test("batchNormTrain() keeps the variance beside a mean a thousand times larger", async () => {
    const pixels = 40000;
    const values = Float32Array.from({ length: pixels }, (_, i) => 1000 + (i % 17) / 17);
    const mean = values.reduce((sum, v) => sum + v, 0) / pixels;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / pixels;
    const x = tf.tensor4d(values, [1, 200, 200, 1]);
    const ones = tf.ones([1]) as tf.Tensor1D;
    const outputs = batchNormTraining({ x, gamma: ones, beta: ones }, { eps: 0 });
    const actual = (await outputs[2].data())[0]!;
    // Each value itself is rounded to 6e-5; the statistics must add little to that.
    assert(Math.abs(actual - variance) < 1e-4 * variance, `${actual} instead of ${variance}`);
    tf.dispose([x, ones, outputs]);
  });
});
