import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { DepthwiseConv, SeparableConv } from "../../../lib/models/builders/depthwise_layers.ts";
import { onCpu } from "../../support/small_models.ts";

describe("DepthwiseConv and SeparableConv", () => {
  onCpu();
  const ones = tf.initializers.ones();
  const starts = { depthwise: ones, pointwise: ones, zeros: tf.initializers.zeros() };
  const window = { kernel: 3, stride: 1, padding: "same", dilation: 1, bias: true } as const;

  test("DepthwiseConv.computeOutputShape() knows stride, padding, dilation and multiplier", () => {
    const shape = (options: { stride?: number; padding?: "valid" | number; dilation?: number }) =>
      new DepthwiseConv({ name: "a", multiplier: 2, ...window, ...options }, starts)
        .computeOutputShape([null, 9, null, 3]);
    assert.deepEqual(shape({}), [null, 9, null, 6]);
    assert.deepEqual(shape({ stride: 2, padding: 1 }), [null, 5, null, 6]);
    assert.deepEqual(shape({ padding: "valid", dilation: 2 }), [null, 5, null, 6]);
  });

  test("SeparableConv.call() sums channels of the depthwise convolution", async () => {
    const layer = new SeparableConv({ name: "a", filters: 1, ...window }, starts);
    const y = layer.apply(tf.ones([1, 3, 3, 2])) as tf.Tensor;
    assert.deepEqual([...await y.data()], [8, 12, 8, 12, 18, 12, 8, 12, 8]);
    assert.deepEqual(
      layer.weights.map((weight) => weight.originalName),
      ["a/depthwise_kernel", "a/pointwise_kernel", "a/bias"],
    );
  });
});
