import { test } from "node:test";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { sgdUpdate } from "../../../../lib/engine/ops/optimizer_updates.ts";
import { assertSame, backend, describeWebgpu, normal } from "./_compare.ts";

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
      test(`sgdUpdate with nesterov ${nesterov}, decoupled ${decoupled}`, async () => {
        await assertSame(() => steps({ nesterov, decoupled }), { tolerance: 1e-6 });
        await assertSame(() => steps({ nesterov, decoupled }, true), { tolerance: 1e-6 });
      });
    }
  }

  test("sgdUpdate called off by its control moves nothing, in as few launches", async () => {
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
      2,
      2,
      2,
      2,
      1,
      1,
      1,
      1,
    ]);
    assert.deepEqual([...await other!.data()], [3, 3, 3, 3]);
    assert.ok(backend().counters.dispatches - before <= 2); // one of them is the fill
  });

  test("sgdUpdate moves many weights in one launch and none too late", async () => {
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
});
