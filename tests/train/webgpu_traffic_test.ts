import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { loadConfig } from "../../lib/config/mod.ts";
import { trainingBackend } from "../../lib/engine/webgpu/mod.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { train } from "../../lib/train/run/train.ts";
import { dryGpu } from "../../bench/dry_gpu.ts";

// Nothing is computed here, so these run without an adapter, and in Bun.

for (const network of ["fcn8s-vgg16", "resnet50"]) {
  test(`train() uploads a batch of ${network} in one piece and next to nothing else`, async () => {
    const [batch, side] = [2, 64];
    const config = await loadConfig({
      preset: "fixtures",
      overrides: [
        `model.name=${network}`,
        "model.width=0.05",
        `data.crop=[${side},${side}]`,
        `data.batch=${batch}`,
        "train.maxSteps=6",
        "train.logEvery=1",
        "checkpoint.keep=0",
      ],
    });
    const backend = await useBackend({ backend: "webgpu", gpu: dryGpu().gpu });
    const { counters, queue } = trainingBackend();
    const writes: number[] = [];
    const write = queue.writeBuffer;
    queue.writeBuffer = (...args) => {
      const bytes = (args[2] as ArrayBufferView).byteLength;
      if (args[0].usage & 0x80) writes.push(bytes);
      return write.apply(queue, args);
    };
    const steps: { writes: number[]; bytes: number }[] = [];
    let before = 0;
    await train(config, {
      backend,
      onEvent(event) {
        if (event.type !== "step") return;
        steps.push({ writes: writes.splice(0), bytes: counters.uploadBytes - before });
        before = counters.uploadBytes;
      },
    });
    await backend.dispose();
    await tf.setBackend("cpu");
    const pixels = batch * side * side;
    assert.equal(steps.length, 6);
    for (const step of steps.slice(1)) {
      assert.equal(step.writes.filter((bytes) => bytes === 4 * pixels).length, 1);
      assert.ok(step.bytes - 4 * pixels <= 65536, `${step.writes} bytes`);
      assert.equal(step.bytes, step.writes.reduce((a, b) => a + b, 0));
    }
  });
}
