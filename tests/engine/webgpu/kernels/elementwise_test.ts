import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "../../../../lib/engine/ops/conv2d.ts";
import { leakyRelu } from "../../../../lib/engine/ops/leaky_relu.ts";
import { withPrecision } from "../../../../lib/engine/ops/precision.ts";
import { assertSame, backend, describeWebgpu, gradientOf, normal } from "./_compare.ts";

const SHAPE = [2, 5, 4, 8];

/** Normal numbers, in float16 storage on WebGPU where the pass is mixed. */
function activation(): tf.Tensor {
  const filter = tf.reshape(tf.eye(8), [1, 1, 8, 8]) as tf.Tensor4D;
  const inputs = { x: normal(SHAPE) as tf.Tensor4D, filter, bias: tf.zeros([8]) as tf.Tensor1D };
  return conv2d(inputs, { stride: 1, padding: "same", relu: false });
}

describeWebgpu("elementwise kernels", () => {
  const functions: [name: string, f: (x: tf.Tensor) => tf.Tensor, stays: boolean][] = [
    ["relu()", (x) => tf.relu(x), true],
    ["add() of two of a shape", (x) => tf.add(x, x), true],
    ["add() with float32 storage on the left", (x) => tf.add(tf.fill(SHAPE, 0.5), x), true],
    ["multiply() by a number", (x) => tf.mul(x, 0.01), true],
    ["multiply() of a number", (x) => tf.mul(-2, x), true],
    ["multiply() by a number for each channel", (x) => tf.mul(x, tf.range(0, 8)), false],
  ];
  for (const [name, f, stays] of functions) {
    test(`${name} in float16 storage gives ${stays ? "float16" : "float32"} storage`, async () => {
      const run = () => withPrecision("mixed", () => f(activation()));
      // 2⁻¹¹ for each rounding, of the inputs and of the outputs.
      await assertSame(run, { tolerance: 2e-3 });
      assert.equal(backend().isFloat16(tf.tidy(run)), stays);
    });
    test(`${name} in float32 storage gives float32 storage`, async () => {
      await assertSame(() => f(activation()));
      assert.equal(backend().isFloat16(tf.tidy(() => f(activation()))), false);
    });
  }
});

describeWebgpu("leakyReluGrad", () => {
  for (const size of [1, 5, 257, 5000]) {
    test(`leakyReluGrad() of ${size} values is that of tfjs's ops`, async () => {
      await assertSame(() => gradientOf((x) => leakyRelu(x, 0.2), normal([size])));
    });
  }
});
