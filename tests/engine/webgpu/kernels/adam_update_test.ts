import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { adamUpdate } from "../../../../lib/engine/ops/optimizer_updates.ts";
import { assertSame, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("adamUpdate", () => {
  test("adamUpdate is that of stock ops over three steps of fourteen weights", async () => {
    const sizes = [3, 70, 1024, 5, 5, 5, 5, 5, 5, 5, 5, 5, 700, 1];
    await assertSame(() => {
      const weights = sizes.map((n, i) => tf.variable(normal([n], i + 1)));
      const [ms, vs] = [0, 0].map(() => sizes.map((n) => tf.variable(tf.zeros([n]))));
      for (let step = 1; step <= 3; step++) {
        weights.forEach((weight, i) => {
          const grad = normal(weight.shape, i + 100 * step);
          const options = { lr: 0.1, beta1: 0.5, beta2: 0.999, eps: 1e-8, step };
          adamUpdate({ weight, m: ms![i]!, v: vs![i]!, grad }, options);
          grad.dispose();
        });
      }
      const results = [...weights, ...ms!, ...vs!].map((v) => tf.mul(v, 1));
      tf.dispose([...weights, ...ms!, ...vs!]);
      return results;
    });
  });
});
