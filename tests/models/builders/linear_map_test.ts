import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { fixedSize, linearMap, MATRIX_WEIGHT } from "../../../lib/models/builders/linear_map.ts";
import { onCpu } from "../../support/small_models.ts";

onCpu();

test("linearMap() multiplies one axis by its weights, in a frozen layer", async () => {
  const weights = { values: Float32Array.from([1, 0, 0, 1, 0.5, 0.5]), out: 3 };
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);
  const expected = {
    1: [1, 2, 3, 4, 5, 6, 7, 8, 3, 4, 5, 6],
    2: [1, 2, 3, 4, 2, 3, 5, 6, 7, 8, 6, 7],
  };
  for (const axis of [1, 2] as const) {
    const input = tf.input({ shape: [2, 2, 2] });
    const model = tf.model({
      inputs: input,
      outputs: linearMap(input, { name: "a", axis, weights }),
    });
    assert.deepEqual([...await (model.predict(x) as tf.Tensor).data()], expected[axis]);
    assert.deepEqual(model.weights.map(({ originalName }) => originalName), ["a" + MATRIX_WEIGHT]);
    assert.equal(model.trainableWeights.length, 0);
  }
});

test("fixedSize() refuses a value of unknown size", () => {
  assert.deepEqual(fixedSize(tf.input({ shape: [2, 3, 1] }), "a"), [2, 3]);
  assert.throws(
    () => fixedSize(tf.input({ shape: [null, 3, 1] }), "a"),
    /Cannot build a with tfjs/,
  );
});
