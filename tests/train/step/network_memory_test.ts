/** 200 steps of each network: memory stays what it is after the first ones, and the loss falls. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type BackendInfo, useBackend } from "../../../lib/backend/use_backend.ts";
import { configSchema } from "../../../lib/config/schema.ts";
import { loadConfig } from "../../../lib/config/load.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { openTrainLoader } from "../../../lib/data/loader/train_loader.ts";
import { normalizationTable } from "../../../lib/data/transforms/network_input.ts";
import { unpackBatch } from "../../../lib/engine/ops/unpack_batch.ts";
import { createNetworks, disposeNetworks } from "../../../lib/train/step/networks.ts";
import type { Batch } from "../../../lib/train/step/step_context.ts";
import { trainStep } from "../../../lib/train/step/train_step.ts";
import { longSkip } from "../../support/long_test.ts";

/** Options of the networks, by name; each entry is one run. */
const NETWORKS: readonly [name: string, options: Record<string, unknown>][] = [
  ["unet-resnet18", {}],
  ["fcn-resnet50", {}],
  ["deeplabv3-resnet50", { auxHead: true }],
  ["segformer-b0", { dropPath: 0.1 }],
  ["fast-scnn", { width: 1 / 4 }],
  ["unet-mobilenetv2", { width: 1 / 8 }],
  ["deeplabv3plus-mobilenetv2", { width: 1 / 8 }],
  ["deeplabv3-mobilenetv3", { width: 1 / 4, auxHead: true, dropout: 0 }],
  ["lraspp-mobilenetv3-large", { width: 1 / 4 }],
  ["lraspp-mobilenetv3-small", { width: 1 / 4 }],
];

describe("trainStep(), 200 times", { skip: longSkip }, () => {
  let backend: BackendInfo;
  before(async () => {
    backend = await useBackend({ backend: "wasm", threads: 2 });
  });
  after(() => backend.dispose());

  for (const [name, options] of NETWORKS) {
    test(`trainStep() of ${name} holds no more memory after 200 steps and learns`, async () => {
      const config = configSchema().parse({
        model: { name, width: 1 / 16, ...options },
        adversarial: { enabled: false },
      });
      const trained = createNetworks(config, { classes: 3 });
      const losses: number[] = [];
      let held = { tensors: 0, bytes: 0 };
      let i = -1;
      for await (const batch of fixtureBatches(200)) {
        i++;
        const rates = { segmentation: 0.01, discriminator: 0 };
        const all = trainStep(trained, batch, { rates, dropout: { seed: 1, step: i } });
        losses.push((await all["loss/seg"]!.data())[0]!);
        tf.dispose([all, batch.images, batch.labels]);
        const { numTensors: tensors, numBytes: bytes } = tf.memory();
        if (i === 1) held = { tensors, bytes };
        if (i > 1) assert.deepEqual({ tensors, bytes }, held, `after step ${i + 1}`);
      }
      const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
      assert.ok(mean(losses.slice(-10)) < mean(losses.slice(0, 10)) / 2, `${losses.at(-1)}`);
      disposeNetworks(trained, { keepModel: false });
    });
  }
});

/** Batches of the embedded shapes, as training takes them; owned by the receiver. */
async function* fixtureBatches(count: number): AsyncGenerator<Batch> {
  const { data: given } = await loadConfig({ preset: "fixtures" });
  const data = { ...given, workers: 0 };
  const dataset = await openDataset("fixtures", { split: "train" });
  await using loader = openTrainLoader({ dataset, config: data, seed: 1 });
  const table = normalizationTable(data.normalize);
  for (let epoch = 0; count > 0; epoch++) {
    for await (const { bytes, valid } of loader.batches({ epoch })) {
      if (count-- <= 0) return;
      yield { ...unpackBatch(bytes, { shape: [data.batch, ...data.crop], ...table }), valid };
    }
  }
}
