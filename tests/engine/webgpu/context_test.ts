import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { dryGpu } from "../../../bench/dry_gpu.ts";
import { bottleneckStep, ownStep } from "../../../bench/training_step.ts";
import { newCounters } from "../../../lib/engine/webgpu/context.ts";
import {
  disposeWebgpuBackend,
  registerWebgpuBackend,
} from "../../../lib/engine/webgpu/register.ts";

// Nothing is computed here, so these run without an adapter, and in Bun.

test("newCounters() starts at zero", () => {
  assert(Object.values(newCounters()).every((count) => count === 0));
});

test("trainStep() of a ResNet bottleneck counts launches within the documented bounds", async () => {
  const { gpu, counts } = dryGpu();
  const { counters, flush } = await open(gpu);
  const step = bottleneckStep("own");
  step.run();
  const before = { ...counters };
  step.run();
  flush();
  assert(counters.dispatches - before.dispatches <= 50);
  assert(counters.uploadBytes - before.uploadBytes <= 1024);
  assert.equal(counters.readbacks, 0);
  assert.equal(counts.dispatches, counters.dispatches);
  assert(counts.peakBytes >= counters.peakAllocatedBytes);
  step.dispose();
  disposeWebgpuBackend();
  await tf.setBackend("cpu");
});

for (const network of ["fcn8s-vgg16", "resnet50"]) {
  test(`trainStep() of ${network} has flat WebgpuCounters from the third step on`, async () => {
    const { gpu } = dryGpu();
    const { counters, buffers, flush } = await open(gpu);
    const options = { network, adversarial: true, width: 0.125, size: 64, batch: 2 } as const;
    const step = await ownStep(options);
    const seen: string[] = [];
    for (let i = 0; i < 5; i++) {
      const before = { ...counters };
      step.run();
      flush();
      const { dispatches, uploadBytes, peakAllocatedBytes } = counters;
      const used = buffers.numBytesUsed;
      const launches = dispatches - before.dispatches;
      const uploaded = uploadBytes - before.uploadBytes;
      seen.push(JSON.stringify({ launches, uploaded, peakAllocatedBytes, used }));
      if (i > 0) assert(uploaded <= 65536, `${uploaded} bytes uploaded`);
    }
    assert.equal(seen[3], seen[2]);
    assert.equal(seen[4], seen[2]);
    step.dispose();
    disposeWebgpuBackend();
    await tf.setBackend("cpu");
  });
}

async function open(gpu: GPU) {
  const backend = await registerWebgpuBackend({ gpu });
  return {
    counters: backend.counters,
    buffers: backend.buffers,
    flush: () => backend.flush(),
  };
}
