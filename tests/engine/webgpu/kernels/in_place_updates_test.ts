import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { movingAverage } from "../../../../lib/engine/ops/batch_norm.ts";
import { adamUpdate, sgdUpdate } from "../../../../lib/engine/ops/optimizer_updates.ts";
import { assertSame, backend, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("deferUpdate()", () => {
  test("deferUpdate() batches updates that their control skips, and overwrites nothing", async () => {
    await tf.setBackend("webgpu");
    const variable = (v: number) => tf.tidy(() => tf.keep(tf.variable(tf.fill([4], v))));
    const [weight, other, velocity, rest] = [2, 3, 1, 1].map(variable);
    const grad = tf.fill([4], NaN);
    const control = tf.tensor1d([0, 1, 0, 0]);
    await Promise.all([weight!, other!, velocity!, rest!, grad].map((t) => tf.relu(t).data()));
    const before = backend().counters.dispatches;
    const options = { lr: 1, momentum: 0.9, nesterov: false, l2: 0.1, decoupled: false };
    sgdUpdate({ weight: weight!, velocity: velocity!, grad, control }, options);
    sgdUpdate({ weight: other!, velocity: rest!, grad: tf.fill([4], 1), control }, options);
    assert.deepEqual([...await weight!.data(), ...await velocity!.data()], [
      ...Array(4).fill(2),
      ...Array(4).fill(1),
    ]);
    assert.deepEqual([...await other!.data()], [3, 3, 3, 3]);
    assert.ok(backend().counters.dispatches - before <= 2); // one of them is the fill
  });

  test("deferUpdate() records many updates in one launch, before their tensors are read", async () => {
    await tf.setBackend("webgpu");
    // Variables share the memory of the tensors they were made of while those live.
    const variable = (v: number) => tf.tidy(() => tf.keep(tf.variable(tf.fill([4], v))));
    const weights = [1, 2].map(variable);
    const velocity = weights.map(() => variable(0));
    const grads = weights.map(() => tf.fill([4], 1));
    await Promise.all([...weights, ...velocity, ...grads].map((t) => tf.relu(t).data()));
    const before = backend().counters.dispatches;
    const options = { lr: 1, momentum: 0, nesterov: false, l2: 0, decoupled: false };
    weights.forEach((weight, i) =>
      sgdUpdate({ weight, velocity: velocity[i]!, grad: grads[i]! }, options)
    );
    assert.deepEqual([...await weights[1]!.data()], [1, 1, 1, 1]);
    assert.equal(backend().counters.dispatches - before, 1);
    tf.dispose([...weights, ...velocity, ...grads]);
  });

  test("deferUpdate() is recorded with a submit that comes before its tensors are used", async () => {
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
