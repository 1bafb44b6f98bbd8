import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  depthwiseConv2d,
  type DepthwiseConv2dOptions,
} from "../../../lib/engine/ops/depthwise_conv.ts";
import { assertGradient, assertNoLeak, normalTensor } from "../../support/gradients.ts";
import { DEPTHWISE_CASES, depthwiseOperands } from "../../support/depthwise_cases.ts";
import { onCpu } from "../../support/small_models.ts";

describe("depthwiseConv2d()", () => {
  onCpu();

  test("depthwiseConv2d() with dilation 2 and padding 2 takes every second pixel", async () => {
    const x = tf.tensor4d([1, 2, 3, 4, 5], [1, 1, 5, 1]);
    const filter = tf.tensor4d([0, 0, 0, 1, 10, 100, 0, 0, 0], [3, 3, 1, 1]);
    const bias = tf.tensor1d([0.5]);
    const options: DepthwiseConv2dOptions = { stride: 1, padding: 2, dilation: 2 };
    const y = depthwiseConv2d({ x, filter, bias }, options);
    assert.deepEqual(y.shape, [1, 1, 5, 1]);
    assert.deepEqual([...await y.data()], [310.5, 420.5, 531.5, 42.5, 53.5]);
  });

  for (const [title, given] of Object.entries(DEPTHWISE_CASES)) {
    test(`depthwiseConv2d() ${title} has the right gradients and leaks nothing`, async () => {
      const operands = depthwiseOperands(given);
      for (const name of ["x", "filter", "bias"] as const) {
        const run = (t: tf.Tensor) => depthwiseConv2d({ ...operands, [name]: t }, given.options);
        await assertGradient(run, operands[name]);
      }
      assertNoLeak(() => depthwiseConv2d(operands, given.options));
    });
  }

  test("depthwiseConv2d() refuses a stride together with a dilation", () => {
    const x = normalTensor("x", [1, 8, 8, 4]) as tf.Tensor4D;
    const filter = normalTensor("filter", [3, 3, 4, 1]) as tf.Tensor4D;
    const options: DepthwiseConv2dOptions = { stride: 2, padding: "same", dilation: 2 };
    assert.throws(
      () => depthwiseConv2d({ x, filter }, options),
      /^RangeError: Cannot convolve with stride 2 and dilation 2: one of them must be 1/,
    );
  });
});
