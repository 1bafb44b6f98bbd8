import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertSame, backend, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("batchMatMul", () => {
  const sizes: [m: number, k: number, n: number][] = [[16, 24, 12], [5, 7, 3], [33, 18, 50]];
  for (const [m, k, n] of sizes) {
    for (const [ta, tb] of [[false, false], [true, false], [false, true], [true, true]] as const) {
      const what = `${m}x${k}x${n}${ta ? ", first transposed" : ""}${
        tb ? ", second transposed" : ""
      }`;
      test(`batchMatMul() of ${what}`, async () => {
        const [a, b] = [ta ? [k, m] : [m, k], tb ? [n, k] : [k, n]];
        await assertSame(() => tf.matMul(normal(a), normal(b), ta, tb));
      });
    }
  }

  test("batchMatMul() of batches, and of one matrix with each of a batch", async () => {
    await assertSame(() => tf.matMul(normal([3, 6, 8]), normal([3, 8, 10])));
    await assertSame(() => tf.matMul(normal([3, 6, 8]), normal([1, 8, 5]), false, false));
    await assertSame(() => tf.matMul(normal([1, 6, 8]), normal([2, 5, 8]), false, true));
  });

  test("batchMatMul() adds long sums in chunks, in two launches", async () => {
    const f = () => tf.matMul(normal([8, 4000]), normal([4000, 8]));
    await assertSame(f);
    const before = backend().counters.dispatches;
    tf.tidy(() => void f());
    assert.equal(backend().counters.dispatches - before, 2);
  });
});

describeWebgpu("fusedMatMul", () => {
  for (const activation of ["linear", "relu", "leakyrelu", "elu"] as const) {
    test(`fusedMatMul() with bias and ${activation}`, async () => {
      await assertSame(() =>
        tf.fused.matMul({
          ...{ a: normal([9, 20]) as tf.Tensor2D, b: normal([20, 12]) as tf.Tensor2D },
          ...{ bias: normal([12]), activation, leakyreluAlpha: 0.1 },
        })
      );
    });
  }
});
