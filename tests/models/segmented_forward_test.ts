import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type BackendInfo, useBackend } from "../../lib/backend/use_backend.ts";
import { createNetworks, disposeNetworks } from "../../lib/train/step/networks.ts";
import type { StepContext } from "../../lib/train/step/step_context.ts";
import { trainStep } from "../../lib/train/step/train_step.ts";
import { buildModel } from "../../lib/models/build_model.ts";
import { segmentedForward } from "../../lib/models/segmented_forward.ts";
import { config } from "../support/config.ts";
import { batchOf } from "../support/small_networks.ts";
import { longSkip } from "../support/long_test.ts";
import { noAdapter } from "../support/webgpu_adapter.ts";

const labels = Int32Array.from({ length: 4 * 32 * 32 }, (_, i) => (i >> 3) % 3);

/** Weights, moving statistics too, and losses after two steps. */
async function afterSteps(overrides: string[], context: Omit<StepContext, "rates">) {
  const networks = createNetworks(await config(...overrides), { classes: 3 });
  const batch = batchOf("pieces", [4, 32, 32], labels);
  const losses: number[] = [];
  for (const step of [0, 1]) {
    const rates = { segmentation: 0.05, discriminator: 1e-3 };
    const dropout = { seed: 1, step };
    const scalars = trainStep(networks, batch, { rates, dropout, ...context });
    for (const scalar of Object.values(scalars)) losses.push((await scalar.data())[0]!);
    tf.dispose(scalars);
  }
  const values = new Map<string, number[]>();
  for (const weight of networks.segmentation.model.layers.weights) {
    values.set(weight.originalName, [...await weight.read().data()]);
  }
  tf.dispose([batch.images, batch.labels]);
  disposeNetworks(networks, { keepModel: false });
  return { losses, values };
}

const NETWORKS = {
  "unet": ["model.name=unet", "model.width=0.05"],
  "resnet50": ["model.name=resnet50", "model.width=0.02", "model.freeze=1"],
  "unet-resnet18": ["model.name=unet-resnet18", "model.width=0.05"],
  "fcn-resnet50, auxiliary head": [
    ...["model.name=fcn-resnet50", "model.width=0.02", "model.auxHead=true"],
  ],
  "fcn8s-vgg16, dropout": ["model.name=fcn8s-vgg16", "model.width=0.02", "model.dropout=0.5"],
};

for (const [name, skip] of Object.entries({ wasm: false, webgpu: longSkip || await noAdapter() })) {
  describe(name, { skip }, () => {
    let backend: BackendInfo;
    before(async () => {
      backend = await useBackend({ backend: name as "wasm" | "webgpu", threads: 1 });
    });
    after(() => backend.dispose());

    for (const [network, overrides] of Object.entries(NETWORKS)) {
      if (name === "webgpu" && network !== "unet") continue;
      test(`segmentedForward() steps as a whole pass does, bit for bit: ${network}`, async () => {
        const { numTensors } = tf.memory();
        const whole = await afterSteps(overrides, {});
        for (const gradientAccumulation of name === "webgpu" ? [3] : [2, 3, 5]) {
          const exact = { gradientAccumulation, batchNorm: "exact" } as const;
          assert.deepEqual(await afterSteps(overrides, exact), whole);
        }
        assert.equal(tf.memory().numTensors, numTensors);
      });
    }
  });
}

describe("segmentedForward()", () => {
  let backend: BackendInfo;
  before(async () => {
    backend = await useBackend({ backend: "wasm", threads: 1 });
  });
  after(() => backend.dispose());

  test("trainStep() with exact batch norm moves statistics as the whole batch, ghost does not", async () => {
    const overrides = NETWORKS.unet;
    const statistic = "enc1_bn1/moving_variance";
    const whole = await afterSteps(overrides, {});
    const ghost = await afterSteps(overrides, { gradientAccumulation: 4 });
    const exact = await afterSteps(overrides, { gradientAccumulation: 4, batchNorm: "exact" });
    assert.deepEqual(exact.values.get(statistic), whole.values.get(statistic));
    assert.notDeepEqual(ghost.values.get(statistic), whole.values.get(statistic));
  });

  test("segmentedForward() keeps less for the backward pass the more pieces there are", () => {
    const model = buildModel({ name: "unet", width: 0.1 }, { classes: 3, seed: 1 });
    const images = tf.ones<tf.Rank.R4>([2, 64, 64, 3]);
    const kept = (pieces: number) => {
      const { numBytes } = tf.memory();
      const { value, backward } = segmentedForward(model, images, { pieces });
      const bytes = tf.memory().numBytes - numBytes - value.size * 4;
      const weights = model.layers.trainableWeights.map((weight) => weight.read());
      value.dispose();
      const gradients = backward(tf.ones([2, 64, 64, 3]), weights);
      tf.dispose(gradients.filter((gradient) => gradient !== null));
      assert.equal(tf.memory().numBytes, numBytes);
      return bytes;
    };
    const [one, four] = [kept(1), kept(4)];
    assert.equal(one, 0);
    // What crosses three cuts, against some eight activations a level
    assert.ok(four > 0 && four < 2 * 64 * 64 * 6 * 4 * 8, `${four}`);
    images.dispose();
    model.layers.dispose();
  });
});
