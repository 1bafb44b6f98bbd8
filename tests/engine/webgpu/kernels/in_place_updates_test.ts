import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { movingAverage } from "../../../../lib/engine/ops/batch_norm.ts";
import { adamUpdate, sgdUpdate } from "../../../../lib/engine/ops/optimizer_updates.ts";
import { assertSame, describeWebgpu, normal } from "./_compare.ts";

const SIZES = [3, 70, 1024, 5, 5, 5, 5, 5, 5, 5, 5, 5, 700, 1];

function steps(
  options: { nesterov: boolean; decoupled: boolean },
  controlled = false,
): tf.Tensor[] {
  const controls = controlled
    ? [[1, 0.5, 0, 0], [0, 9, 0, 0], [1, 2, 0, 0]].map((c) => tf.tensor1d(c))
    : [];
  const weights = SIZES.map((n, i) => tf.variable(normal([n], i + 1)));
  const velocities = SIZES.map((n, i) => tf.variable(normal([n], i + 50)));
  for (let k = 0; k < 3; k++) {
    weights.forEach((weight, i) => {
      const grad = normal(weight.shape, i + 100 + k);
      const settings = { lr: 0.1, momentum: 0.9, l2: i % 2 ? 1e-2 : 0, ...options };
      sgdUpdate({ weight, velocity: velocities[i]!, grad, control: controls[k] }, settings);
      grad.dispose(); // the update must not need it any more
    });
  }
  tf.dispose(controls);
  const results = [...weights, ...velocities].map((v) => tf.mul(v, 1));
  tf.dispose([...weights, ...velocities]);
  return results;
}

describeWebgpu("sgdUpdate", () => {
  for (const nesterov of [false, true]) {
    for (const decoupled of [false, true]) {
      test(`sgdUpdate() with nesterov ${nesterov}, decoupled ${decoupled} is that of tfjs's ops`, async () => {
        await assertSame(() => steps({ nesterov, decoupled }), { tolerance: 1e-6 });
        await assertSame(() => steps({ nesterov, decoupled }, true), { tolerance: 1e-6 });
      });
    }
  }
});

describeWebgpu("adamUpdate", () => {
  test("adamUpdate() is that of tfjs's ops over three steps of fourteen weights", async () => {
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

describeWebgpu("movingAverage", () => {
  test("movingAverage() is that of tfjs's ops for forty statistics", async () => {
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
