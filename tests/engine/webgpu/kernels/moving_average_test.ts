import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { movingAverage } from "../../../../lib/engine/ops/moving_average.ts";
import { assertSame, describeWebgpu, normal } from "./_compare.ts";

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
});
