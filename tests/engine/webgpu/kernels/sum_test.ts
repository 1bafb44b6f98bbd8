import { test } from "node:test";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { assertSame, backend, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("sum", () => {
  const cases: [shape: number[], axis: number | number[] | undefined][] = [
    [[7], undefined],
    [[100000], undefined],
    [[3, 5], 0],
    [[3, 5], 1],
    [[2, 30, 30, 64], [0, 1, 2]],
    [[2, 30, 30, 5], [0, 1]],
    [[2, 30, 30, 5], [1, 2]],
    [[2, 30, 30, 5], undefined],
  ];
  for (const [shape, axis] of cases) {
    test(`sum() and mean() of [${shape}] over ${axis ?? "all"}, and their gradients`, async () => {
      await assertSame(() => {
        const x = tf.add(normal(shape), 1);
        const squared = (f: typeof tf.sum | typeof tf.mean) =>
          tf.grad((t: tf.Tensor) => tf.sum(tf.square(f(t, axis))))(x);
        return [tf.sum(x, axis), tf.mean(x, axis, true), squared(tf.sum), squared(tf.mean)];
      });
    });
  }

  test("sum() takes integers that were cast to float", async () => {
    await assertSame(() => tf.mean(tf.cast(tf.greater(normal([5000]), 0), "float32")));
  });

  test("sum() uploads no ones in its gradient", async () => {
    await tf.setBackend("webgpu");
    const x = normal([100, 1000]);
    await tf.mul(x, 1).data();
    const before = backend().counters.uploadBytes;
    const gradient = tf.tidy(() => tf.grad((t: tf.Tensor) => tf.mean(tf.relu(t)))(x));
    await gradient.data();
    assert(backend().counters.uploadBytes - before < 1000);
    tf.dispose([x, gradient]);
  });
});
