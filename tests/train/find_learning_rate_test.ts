import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { findLearningRate, type RatePoint, steepest } from "../../lib/train/find_learning_rate.ts";
import { config } from "../support/config.ts";

function pointsOf(smooth: number[]): RatePoint[] {
  return smooth.map((value, i) => ({ rate: 10 ** (i - 20), loss: value, smooth: value }));
}

test("steepest() names the rate where the loss falls fastest, past the first ten points", () => {
  const losses = Array.from({ length: 24 }, (_, i) => i < 15 ? 3 : i < 18 ? 3 - (i - 14) : i - 17);
  assert.equal(steepest(pointsOf(losses)), 10 ** -5);
  const early = losses.map((_, i) => i < 5 ? 9 - i : 4);
  assert.equal(steepest(pointsOf(early)), null);
  assert.equal(steepest(pointsOf(losses.map((_, i) => i))), null);
  assert.equal(steepest([]), null);
});

test("findLearningRate() sweeps rates exponentially, the same each time, and leaves no tensor", async () => {
  const backend = await useBackend({ backend: "wasm", threads: 1 });
  const settings = await config("data.batch=4");
  const { numTensors } = tf.memory();
  const options = { from: 1e-6, to: 1e-1, steps: 16, backend };
  const seen: number[] = [];
  const found = await findLearningRate(settings, {
    ...options,
    onPoint: (_, done) => void seen.push(done),
  });
  assert.equal(tf.memory().numTensors, numTensors);
  assert.deepEqual([found.reason, found.points.length, seen.length], ["finished", 16, 16]);
  for (const [i, { rate, smooth }] of found.points.entries()) {
    assert.ok(Math.abs(Math.log10(rate) - (-6 + 5 * i / 15)) < 1e-9);
    const all = found.points.slice(0, i + 1);
    const weights = all.map((_, j) => 0.98 ** (i - j));
    const mean = all.reduce((sum, { loss }, j) => sum + loss * weights[j]!, 0) /
      weights.reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(mean - smooth) < 1e-9);
  }
  const again = await findLearningRate(settings, options);
  assert.deepEqual(again, found);
  backend.dispose();
});

test("findLearningRate() stops where the loss leaves its lowest fourfold behind", async () => {
  const settings = await config("data.batch=4", "adversarial.enabled=false");
  const { reason, points } = await findLearningRate(settings, { from: 1e-3, to: 1e6, steps: 60 });
  assert.equal(reason, "diverged");
  assert.ok(points.length < 60 && points.length > 5, `${points.length}`);
  const lowest = Math.min(...points.map(({ smooth }) => smooth));
  assert.ok(points.every(({ smooth }) => smooth <= 4 * lowest));
});

test("findLearningRate() ends by a signal, and refuses senseless extents", async () => {
  const settings = await config("data.batch=4");
  const controller = new AbortController();
  const { reason, points } = await findLearningRate(settings, {
    signal: controller.signal,
    onPoint: (_, done) => done === 3 && controller.abort(),
  });
  assert.deepEqual([reason, points.length], ["aborted", 3]);
  await assert.rejects(findLearningRate(settings, { from: 1, to: 0.1 }), /needs 0 < from < to$/);
  await assert.rejects(findLearningRate(settings, { steps: 5 }), /whole number of at least 12$/);
});
