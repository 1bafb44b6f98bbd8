import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { checkGradients } from "../../../lib/engine/ops/optimizer_updates.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";

for (const name of ["cpu", "wasm"] as const) {
  describe(`checkGradients() on ${name}`, () => {
    test("checkGradients() overwrites scale and steps, and makes nothing but what it returns", async () => {
      const backend = await useBackend({ backend: name, threads: 1 });
      const [scale, goodSteps] = [8, 4].map((value) => tf.variable(tf.scalar(value), false));
      const shared = scale!.clone(); // must not see the update
      const gradients = [tf.tensor1d([24]), tf.tensor2d([[32]])];
      const length = tf.scalar(40);
      const before = tf.memory().numTensors;
      const tensors = { gradients, scale: scale!, goodSteps: goodSteps!, length };
      const attrs = { patience: 5, most: 12, clipNorm: 2 };
      const { control, norm } = checkGradients(tensors, attrs);
      assert.equal(tf.memory().numTensors, before + 2);
      assert.equal((await norm!.data())[0], 5);
      const [go, factor] = await control.data();
      assert.deepEqual([go, Math.fround(factor!)], [1, Math.fround(2 / 5 / 8)]);
      const state = [scale!, goodSteps!, shared].map(async (t) => (await t.data())[0]);
      assert.deepEqual(await Promise.all(state), [12, 0, 8]);
      await backend.dispose();
    });
  });
}
