import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { checkpointed } from "../../lib/engine/gradient_checkpointing.ts";
import { record } from "../../lib/engine/tape.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { normalTensor } from "../support/gradients.ts";

describe("checkpointed()", () => {
  before(async () => {
    await useBackend({ backend: "wasm", threads: 1 });
  });

  const weights = (): tf.Variable<tf.Rank.R2>[] =>
    [1, 2, 3].map((i) => tf.variable(normalTensor(`w${i}`, [8, 8]) as tf.Tensor2D));

  test("checkpointed() gives value and gradients of its function bit for bit", async () => {
    const [x, ws] = [normalTensor("x", [5, 8]) as tf.Tensor2D, weights()];
    const part = (x: tf.Tensor): tf.Tensor =>
      ws.reduce((y, w) => tf.tanh(tf.matMul(y as tf.Tensor2D, w)), x);
    const results = await Promise.all([false, true].map(async (isCheckpointed) => {
      const forward = record(() => {
        const y = isCheckpointed ? checkpointed(part, { x, weights: ws }) : part(x);
        return tf.sum(tf.square(y));
      });
      const gradients = forward.backward(tf.scalar(1), [x, ...ws]);
      return await Promise.all(
        [forward.value, ...gradients].map(async (t) => [...await t!.data()]),
      );
    }));
    assert.deepEqual(results[1], results[0]);
  });

  test("checkpointed() keeps its input alone until the backward pass, and nothing after it", () => {
    const [x, ws, dy] = [normalTensor("x", [5, 8]), weights(), tf.ones([5, 8])];
    const { numTensors } = tf.memory();
    const part = (x: tf.Tensor): tf.Tensor =>
      ws.reduce((y, w) => tf.tanh(tf.matMul(y as tf.Tensor2D, w)), x);
    const forward = record(() => checkpointed(part, { x, weights: ws }));
    assert.equal(tf.memory().numTensors, numTensors + 2); // the value and x
    tf.dispose([forward.value, ...forward.backward(dy, ws) as tf.Tensor[]]);
    assert.equal(tf.memory().numTensors, numTensors);
  });

  test("checkpointed() gives zeros for a weight that its function does not read", async () => {
    const [x, w, other] = [tf.scalar(3), tf.variable(tf.scalar(2)), tf.variable(tf.zeros([2]))];
    const forward = record(() =>
      checkpointed((x) => tf.mul(x, w), { x, weights: [w, other], needsInputGradient: false })
    );
    const [dw, dother, dx] = forward.backward(tf.scalar(1), [w, other, x]);
    assert.deepEqual([...await dw!.data()], [3]);
    assert.deepEqual([...await dother!.data()], [0, 0]);
    assert.equal(dx, null);
  });
});
