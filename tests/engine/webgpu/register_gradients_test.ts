import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import {
  registerGradients,
  unregisterGradients,
} from "../../../lib/engine/webgpu/register_gradients.ts";

const FUNCTIONS: [name: string, f: (x: tf.Tensor) => tf.Tensor][] = [
  ["sum over all", (x) => tf.square(tf.sum(x))],
  ["sum over one axis", (x) => tf.sum(tf.square(tf.sum(x, 1)))],
  ["sum that keeps its axes", (x) => tf.sum(tf.square(tf.sum(x, [0, -1], true)))],
  ["mean over all", (x) => tf.square(tf.mean(x))],
  ["mean over two axes", (x) => tf.sum(tf.square(tf.mean(x, [0, 2])))],
  ["relu", (x) => tf.sum(tf.square(tf.relu(x)))],
];

for (const [name, f] of FUNCTIONS) {
  test(`registerGradients() leaves the gradient of ${name} as it is`, async () => {
    await tf.setBackend("cpu");
    const x = tf.randomNormal([2, 3, 4], 0, 1, "float32", 5);
    const original = await tf.grad(f)(x).data();
    registerGradients();
    const own = await tf.grad(f)(x).data();
    unregisterGradients();
    assert.equal(own.length, original.length);
    own.forEach((value, i) => assert(Math.abs(value - original[i]!) < 1e-5));
  });
}

test("unregisterGradients() restores tfjs's own", () => {
  const original = tf.getGradient("Sum")!.gradFunc;
  registerGradients();
  assert.notEqual(tf.getGradient("Sum")!.gradFunc, original);
  unregisterGradients();
  assert.equal(tf.getGradient("Sum")!.gradFunc, original);
});
