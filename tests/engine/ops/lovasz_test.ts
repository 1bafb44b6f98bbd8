import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { lovaszExtension } from "../../../lib/engine/ops/lovasz.ts";
import { record } from "../../../lib/engine/tape.ts";
import { randomStream } from "../../../lib/util/random.ts";

before(async () => {
  await useBackend({ backend: "wasm", threads: 1 });
});

/** The published form, as differences of the Jaccard loss, in float64. */
function reference(errors: number[], truth: number[], mask: number[]): [number, number[]] {
  const order = errors.map((_, i) => i).filter((i) => mask[i] === 1)
    .sort((a, b) => errors[b]! - errors[a]! || a - b);
  const pixels = order.reduce((sum, i) => sum + truth[i]!, 0);
  const weights = errors.map(() => 0);
  let [hits, misses, before] = [0, 0, 0];
  for (const i of order) {
    if (truth[i] === 1) hits++;
    else misses++;
    const jaccard = 1 - (pixels - hits) / (pixels + misses);
    weights[i] = jaccard - before;
    before = jaccard;
  }
  return [weights.reduce((sum, w, i) => sum + w * errors[i]!, 0), weights];
}

test("lovaszExtension() has the values and gradients of the published form", async () => {
  const random = randomStream(3, "lovasz");
  for (const count of [1, 2, 7, 1000]) {
    for (const share of [0, 0.3, 1]) {
      const errors = Array.from({ length: count }, () => Math.fround(random.uniform()));
      const truth = errors.map(() => random.uniform() < share ? 1 : 0);
      const mask = errors.map(() => random.uniform() < 0.8 ? 1 : 0);
      const counted = truth.map((value, i) => value * mask[i]!);
      const [loss, weights] = reference(errors, counted, mask);
      const e = tf.tensor1d(errors);
      const inputs = { errors: e, truth: tf.tensor1d(counted), mask: tf.tensor1d(mask) };
      const recording = record(() => lovaszExtension(inputs));
      const [gradient] = recording.backward(tf.scalar(1), [e]);
      assert.ok(Math.abs((await recording.value.data())[0]! - loss) < 1e-5 * Math.max(1, loss));
      for (const [i, value] of (await gradient!.data()).entries()) {
        assert.ok(Math.abs(value - weights[i]!) < 1e-6, `${value} is not ${weights[i]}`);
      }
    }
  }
});

test("lovaszExtension() is 1 − IoU where all errors are 0 or 1", async () => {
  const truth = tf.tensor1d([1, 1, 1, 0, 0, 1]);
  const mask = tf.tensor1d([1, 1, 1, 1, 1, 1]);
  const errors = tf.tensor1d([0, 1, 0, 1, 0, 0]); // 3 of 4 found, one too many: IoU 3/5
  const loss = lovaszExtension({ errors, truth, mask });
  assert.ok(Math.abs((await loss.data())[0]! - 0.4) < 1e-6);
});
