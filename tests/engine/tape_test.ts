import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { record } from "../../lib/engine/tape.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { normalTensor, relativeError } from "../support/gradients.ts";

describe("record()", () => {
  before(async () => {
    await useBackend({ backend: "cpu" });
  });

  /** Branches, reuse of a tensor, an unused branch, pooling: what a real network does. */
  function network(x: tf.Tensor, weights: tf.Tensor[]): tf.Tensor {
    const [a, b, c] = weights as tf.Tensor4D[];
    const first = tf.relu(tf.conv2d(x as tf.Tensor4D, a!, 1, "same"));
    const pooled = tf.maxPool(first, 2, 2, "same");
    const second = tf.leakyRelu(tf.conv2d(pooled, b!, 1, "same"), 0.2);
    tf.exp(second); // nobody reads it
    const both = tf.add(second, pooled);
    return tf.sum(tf.square(tf.conv2d(both as tf.Tensor4D, c!, 1, "same")));
  }

  function operands(): { x: tf.Tensor; weights: tf.Variable[] } {
    return {
      x: normalTensor("x", [2, 6, 6, 3]),
      weights: [
        tf.variable(normalTensor("a", [3, 3, 3, 4])),
        tf.variable(normalTensor("b", [3, 3, 4, 4])),
        tf.variable(normalTensor("c", [1, 1, 4, 2])),
      ],
    };
  }

  test("record() gives the gradients of tf.variableGrads bit for bit", async () => {
    const { x, weights } = operands();
    const reference = tf.variableGrads(() => network(x, weights) as tf.Scalar, weights);
    const recording = record(() => network(x, weights));
    const lean = recording.backward(tf.scalar(1), weights);
    for (const [i, weight] of weights.entries()) {
      const expected = reference.grads[weight.name]!;
      assert.deepEqual(await lean[i]!.data(), await expected.data());
    }
    assert.equal(await relativeError(recording.value, reference.value), 0);
  });

  test("record() frees everything but the value and the gradients", () => {
    const { x, weights } = operands();
    const dy = tf.scalar(1);
    const before = tf.memory().numTensors;
    const recording = record(() => network(x, weights));
    const gradients = recording.backward(dy, weights);
    assert.equal(tf.memory().numTensors, before + 1 + gradients.length);
    tf.dispose([recording.value, ...gradients as tf.Tensor[]]);
    assert.equal(tf.memory().numTensors, before);
  });

  test("record() peaks lower than tf.variableGrads", () => {
    const { x, weights } = operands();
    const peak = (run: () => void): number => {
      const engine = tf.engine();
      const inner = engine.runKernel.bind(engine);
      let most = 0;
      engine.runKernel = ((...args: Parameters<typeof inner>) => {
        const result = inner(...args);
        most = Math.max(most, tf.memory().numDataBuffers);
        return result;
      }) as typeof inner;
      try {
        run();
      } finally {
        engine.runKernel = inner;
      }
      return most - tf.memory().numDataBuffers;
    };
    const reference = peak(() => tf.variableGrads(() => network(x, weights) as tf.Scalar, weights));
    const lean = peak(() => record(() => network(x, weights)).backward(tf.scalar(1), weights));
    assert.ok(lean < reference, `${lean} live buffers against ${reference}`);
  });

  test("record.dispose() frees what the backward pass would have read", () => {
    const { x, weights } = operands();
    const before = tf.memory().numTensors;
    const recording = record(() => network(x, weights));
    recording.dispose();
    recording.value.dispose();
    assert.equal(tf.memory().numTensors, before);
    assert.throws(() => recording.backward(tf.scalar(1), weights), /already used/);
  });

  test("record() frees the tape when the forward pass throws", () => {
    const { x, weights } = operands();
    const before = tf.memory().numTensors;
    const failing = () => {
      network(x, weights);
      throw new Error("on purpose");
    };
    assert.throws(() => record(failing), /on purpose/);
    assert.equal(tf.memory().numTensors, before);
  });

  test("record.backward() can be run again with keep: true", async () => {
    const x = tf.variable(tf.tensor1d([1, 2]));
    const { numTensors } = tf.memory();
    const recording = record(() => tf.sum(tf.square(x)));
    const dy = [tf.scalar(1), tf.scalar(3)];
    const [first] = recording.backward(dy[0]!, [x], { keep: true });
    const [second] = recording.backward(dy[1]!, [x]);
    assert.deepEqual([...await first!.data(), ...await second!.data()], [2, 4, 6, 12]);
    assert.throws(() => recording.backward(dy[0]!, [x]), /already used/);
    tf.dispose([first!, second!, recording.value, ...dy]);
    assert.equal(tf.memory().numTensors, numTensors);
  });

  test("record.backward() consumes the gradient with consume: true", async () => {
    const x = tf.variable(tf.scalar(3));
    const { numTensors } = tf.memory();
    const recording = record(() => tf.square(x));
    recording.value.dispose();
    const [dx] = recording.backward(tf.scalar(2), [x], { consume: true });
    assert.equal((await dx!.data())[0], 12);
    dx!.dispose();
    assert.equal(tf.memory().numTensors, numTensors);
  });

  test("record.backward() gives null for what the value does not depend on", () => {
    const [x, other] = [tf.scalar(2), tf.scalar(3)];
    const [dx, none] = record(() => tf.square(x)).backward(tf.scalar(1), [x, other]);
    assert.notEqual(dx, null);
    assert.equal(none, null);
  });

  test("record.backward() sums over two uses of one tensor", async () => {
    const x = tf.scalar(3);
    const [dx] = record(() => tf.add(tf.mul(x, x), x)).backward(tf.scalar(1), [x]);
    assert.equal((await dx!.data())[0], 7);
  });

  test("record() refuses to nest", () => {
    assert.throws(() => record(() => record(() => tf.scalar(1)).value), /inside another/);
  });
});
