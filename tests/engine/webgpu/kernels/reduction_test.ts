import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { columnLayout, treeSum } from "../../../../lib/engine/webgpu/kernels/reduction.ts";
import * as tf from "@tensorflow/tfjs";
import { assertSame, backend, describeWebgpu, normal } from "./_compare.ts";

test("treeSum() exchanges values within subgroups where lanes leave something to exchange", () => {
  const barriers = (text: string) => text.match(/workgroupBarrier/g)!.length;
  const tree = treeSum(["sums"], 0);
  const exchange = treeSum(["sums"], 32);
  assert.equal(exchange.match(/subgroupShuffleXor/g)!.length, 5);
  assert(barriers(exchange) < barriers(tree) && barriers(tree) === 9);
  assert.equal(treeSum(["a"], 8, 16), treeSum(["a"], 0, 16));
});

test("columnLayout() covers every row and column once, in blocks that fit a workgroup", () => {
  const size = fc.integer({ min: 1, max: 5000 });
  fc.assert(fc.property(size, size, (rows, channels) => {
    const { width, cols, lanes, groups, colBlocks, parts, rowsPer } = columnLayout(rows, channels);
    assert.equal(width * cols, channels);
    assert.equal(lanes * groups, 256);
    assert(colBlocks * lanes >= cols && (colBlocks - 1) * lanes < cols);
    assert(parts * rowsPer >= rows && (parts - 1) * rowsPer < rows && parts <= 256);
  }));
});

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
