import assert from "node:assert/strict";
import process from "node:process";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { loadConfig } from "../../lib/config/mod.ts";
import { normalizationTable } from "../../lib/data/transforms/network_input.ts";
import { unpackBatch } from "../../lib/engine/ops/unpack_batch.ts";
import { trainingBackend } from "../../lib/engine/webgpu/mod.ts";
import { randomStream } from "../../lib/util/random.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { createNetworks, disposeNetworks } from "../../lib/train/step/networks.ts";
import { trainStep } from "../../lib/train/step/train_step.ts";
import { longSkip } from "../support/long_test.ts";
import { noAdapter } from "../support/webgpu_adapter.ts";

/** `SEGADV_STEPS=500` for the long form. */
const STEPS = Number(process.env.SEGADV_STEPS ?? 30);
const [BATCH, SIDE, CLASSES] = [1, 32, 5];

describe("trainStep() on WebGPU", { skip: longSkip || await noAdapter() }, () => {
  test("trainStep() on WebGPU keeps tensors, bytes and buffers flat", {
    timeout: 120_000 + 2000 * STEPS,
  }, async () => {
    const backend = await useBackend({ backend: "webgpu" });
    const { buffers, counters } = trainingBackend();
    const overrides = [
      "model.width=0.03",
      "adversarial.discriminator.width=0.06",
    ];
    const config = await loadConfig({ preset: "fixtures", overrides });
    const networks = createNetworks(config, { classes: CLASSES });
    const table = normalizationTable(config.data.normalize);
    const seen = new Map<string, number>();
    let peak = 0;
    for (let step = 1; step <= STEPS; step++) {
      const stream = randomStream(1, step);
      const bytes = new Uint8Array(BATCH * SIDE * SIDE * 4).map(() => stream.integer(CLASSES));
      const { images, labels } = unpackBatch(bytes, { shape: [BATCH, SIDE, SIDE], ...table });
      const valid = BATCH * SIDE * SIDE;
      const rates = { segmentation: 1e-3, discriminator: 1e-5 };
      const losses = trainStep(networks, { images, labels, valid }, { rates });
      const [loss] = await losses["loss/seg"]!.data();
      assert.ok(Number.isFinite(loss));
      tf.dispose([losses, images, labels]);
      await backend.checkErrors();
      if (step === 5) peak = counters.peakAllocatedBytes;
      if (step < 5) continue;
      const { numTensors, numBytes } = tf.memory();
      const used = [buffers.getNumUsedBuffers(), buffers.numBytesUsed];
      const all = [buffers.getNumFreeBuffers(), buffers.numBytesAllocated];
      seen.set([numTensors, numBytes, ...used, ...all].join(" "), step);
    }
    assert.equal(seen.size, 1, [...seen].join("; "));
    assert.equal(counters.peakAllocatedBytes, peak);
    disposeNetworks(networks, { keepModel: false });
    assert.equal(buffers.numBytesUsed, 0);
    await backend.dispose();
  });
});
