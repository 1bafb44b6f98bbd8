import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { movingAverage } from "../../../../lib/engine/ops/batch_norm.ts";
import { assertSame, backend, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("movingAverage", () => {
  test("movingAverage is that of stock ops for forty statistics", async () => {
    await assertSame(() => {
      const moving = Array.from({ length: 40 }, (_, i) => tf.variable(normal([7 + i], i + 1)));
      moving.forEach((statistic, i) => {
        const batch = normal(statistic.shape, 100 + i);
        movingAverage({ moving: statistic, batch }, { momentum: 0.9 });
        batch.dispose();
      });
      const results = moving.map((statistic) => tf.mul(statistic, 1));
      tf.dispose(moving);
      return results;
    });
  });

  test("movingAverage is recorded with the submit that comes in its way", async () => {
    await tf.setBackend("webgpu");
    for (let between = 55; between < 70; between++) {
      const moving = tf.variable(tf.fill([8], 1));
      const batch = tf.fill([8], 3);
      movingAverage({ moving, batch }, { momentum: 0.5 });
      const other = tf.tidy(() => {
        let x = normal([2000]);
        for (let i = 0; i < between; i++) x = i % 2 ? tf.leakyRelu(x) : tf.sum(x, 0, true);
        return x;
      });
      await other.data();
      assert.deepEqual([...await moving.data()], Array(8).fill(2));
      tf.dispose([moving, batch, other]);
    }
    await backend().training.errors.check();
  });
});
