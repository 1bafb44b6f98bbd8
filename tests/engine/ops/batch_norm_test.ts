import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { movingAverage } from "../../../lib/engine/ops/batch_norm.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";

for (const name of ["cpu", "wasm"] as const) {
  describe(`movingAverage() on ${name}`, () => {
    test("movingAverage() moves its first tensor and leaves the other, and no third", async () => {
      const backend = await useBackend({ backend: name, threads: 1 });
      const moving = tf.variable(tf.tensor1d([0, 10]));
      const batch = tf.tensor1d([4, 20]);
      const before = tf.memory().numTensors;
      movingAverage({ moving, batch }, { momentum: 0.75 });
      assert.equal(tf.memory().numTensors, before);
      assert.deepEqual([...await moving.data()], [1, 12.5]);
      assert.deepEqual([...await batch.data()], [4, 20]);
      await backend.dispose();
    });
  });
}
