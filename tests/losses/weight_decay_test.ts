import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { weightDecay } from "../../lib/losses/weight_decay.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { assertGradient, assertNoLeak, normalTensor } from "../support/gradients.ts";

before(async () => {
  await useBackend({ backend: "cpu" });
});

test("weightDecay() is half λ times the squares, and its gradient is λ·w", async () => {
  const weights = [tf.tensor1d([1, -2]), tf.tensor2d([[3]])];
  assert.equal((await weightDecay(weights, 1).data())[0], 7);
  await assertGradient((w) => weightDecay([w], 0.5), normalTensor("w", [3, 4]));
  assertNoLeak(() => weightDecay(weights, 1));
});

test("weightDecay() is 0 without λ and without weights", async () => {
  assert.equal((await weightDecay([tf.scalar(5)], 0).data())[0], 0);
  assert.equal((await weightDecay([], 1).data())[0], 0);
});
