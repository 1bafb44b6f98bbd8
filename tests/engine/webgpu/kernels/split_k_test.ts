import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { addChunks, splitK } from "../../../../lib/engine/webgpu/kernels/split_k.ts";
import { backend, describeWebgpu } from "./_compare.ts";

test("splitK() covers the sum in chunks that are a multiple of every tile's depth", () => {
  const size = fc.integer({ min: 1, max: 100_000 });
  fc.assert(fc.property(size, size, size, (m, n, k) => {
    const { chunk, splits } = splitK(m, n, k);
    assert.equal(chunk % 16, 0);
    assert(chunk * splits >= k && chunk * (splits - 1) < k);
    assert(splits === 1 || 4 * m * n * splits <= 64 * 2 ** 20);
  }));
  assert.equal(splitK(4096, 4096, 4096).splits, 1);
  assert(splitK(64, 64, 100_000).splits > 1);
});

describeWebgpu("addChunks()", () => {
  test("addChunks() adds the parts in their order and frees them", async () => {
    await tf.setBackend("webgpu");
    const parts = tf.tidy(() => tf.add(tf.tensor2d([[1e8, 1], [1, 2], [-1e8, 3]]), 0));
    const sum = addChunks(backend(), { ...parts, shape: [3, 2] }, [2]);
    const values = await tf.engine().makeTensorFromTensorInfo(sum).data();
    assert.deepEqual([...values], [0, 6]); // 1e8 + 1 rounds to 1e8
  });
});
