import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { withoutGradient } from "../../../lib/engine/ops/without_gradient.ts";
import { record } from "../../../lib/engine/tape.ts";
import { assertNoLeak } from "../../support/gradients.ts";

before(async () => {
  await useBackend({ backend: "wasm", threads: 1 });
});

test("withoutGradient() is a constant in the backward pass, comparisons included", async () => {
  const x = tf.tensor1d([-1, 2, 3]);
  const recording = record(() => {
    const isLarge = withoutGradient(x, () => tf.cast(tf.greater(x, 1), "float32"));
    return tf.sum(tf.mul(tf.square(x), isLarge));
  });
  const [gradient] = recording.backward(tf.scalar(1), [x]);
  assert.deepEqual([...await gradient!.data()], [0, 4, 6]);
  assertNoLeak(() => withoutGradient(x, () => tf.square(x)));
});
