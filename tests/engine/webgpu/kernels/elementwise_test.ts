import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "../../../../lib/engine/ops/conv2d.ts";
import { withPrecision } from "../../../../lib/engine/ops/precision.ts";
import { isHalf } from "../../../../lib/engine/webgpu/float16_storage.ts";
import { assertSame, backend, describeWebgpu, normal } from "./_compare.ts";

const SHAPE = [2, 5, 4, 8];

/** Normal numbers in halves on WebGPU. */
function halves(): tf.Tensor {
  const filter = tf.reshape(tf.eye(8), [1, 1, 8, 8]) as tf.Tensor4D;
  const inputs = { x: normal(SHAPE) as tf.Tensor4D, filter, bias: tf.zeros([8]) as tf.Tensor1D };
  return conv2d(inputs, { stride: 1, padding: "same", relu: false });
}

describeWebgpu("elementwise kernels", () => {
  const functions: [name: string, f: (x: tf.Tensor) => tf.Tensor, stays: boolean][] = [
    ["relu", (x) => tf.relu(x), true],
    ["add of two of a shape", (x) => tf.add(x, x), true],
    ["add with 32 bits on the left", (x) => tf.add(tf.fill(SHAPE, 0.5), x), true],
    ["multiply by a number", (x) => tf.mul(x, 0.01), true],
    ["multiply a number by it", (x) => tf.mul(-2, x), true],
    ["multiply by a number for each channel", (x) => tf.mul(x, tf.range(0, 8)), false],
  ];
  for (const [name, f, stays] of functions) {
    test(`${name} of halves ${stays ? "gives halves" : "widens them"}`, async () => {
      const run = () => withPrecision("mixed", () => f(halves()));
      // 2⁻¹¹ for each rounding, of what goes in and of what comes out.
      await assertSame(run, { tolerance: 2e-3 });
      assert.equal(isHalf(backend(), tf.tidy(run)), stays);
    });
    test(`${name} of 32 bits stays so`, async () => {
      await assertSame(() => f(halves()));
      assert.equal(isHalf(backend(), tf.tidy(() => f(halves()))), false);
    });
  }
});
