import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { movingAverage } from "../../../../lib/engine/ops/batch_norm.ts";
import { sgdUpdate } from "../../../../lib/engine/ops/optimizer_updates.ts";
import { backend, describeWebgpu, normal } from "./_compare.ts";

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
