import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { loadConfig } from "../../lib/config/mod.ts";
import { trainingBackend } from "../../lib/engine/webgpu/mod.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import type { StepEvent } from "../../lib/train/events.ts";
import { train } from "../../lib/train/run/train.ts";
import { dryGpu } from "../../bench/dry_gpu.ts";

// Nothing is computed here, so this runs without an adapter, and in Bun.

test("train() on WebGPU looks at the device twice in 100 steps, and tells of each epoch's end", async () => {
  const config = await loadConfig({
    preset: "fixtures",
    overrides: ["model.width=0.03", "data.crop=[32,32]", "data.batch=1", "train.epochs=5"]
      .concat("train.maxSteps=100", "validation.every=5", "checkpoint.keep=0"),
  });
  const backend = await useBackend({ backend: "webgpu", gpu: dryGpu().gpu });
  const { counters } = trainingBackend();
  const steps: (StepEvent & { readbacks: number })[] = [];
  let stepsPerEpoch = 0;
  await train(config, {
    backend,
    onEvent(event) {
      if (event.type === "start") ({ stepsPerEpoch } = event);
      if (event.type === "step") steps.push({ ...event, readbacks: counters.readbacks });
    },
  });
  await backend.dispose();
  await tf.setBackend("cpu");

  const ends = [1, 2, 3, 4].map((epoch) => epoch * stepsPerEpoch).filter((step) => step < 100);
  const logged = [...new Set([...ends, 50, 100])].sort((a, b) => a - b);
  assert.deepEqual(steps.map(({ step }) => step), logged);
  for (const { step, epoch, logs, readbacks } of steps) {
    assert.equal(epoch, Math.ceil(step / stepsPerEpoch));
    assert.equal(readbacks, step <= 50 ? 1 : 2);
    for (const key of ["loss/seg", "loss/d", "loss/l2", "loss/total", "d/drift", "lr/g", "lr/d"]) {
      assert.ok(key in logs, key);
    }
  }
});
