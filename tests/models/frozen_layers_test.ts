import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type BackendInfo, useBackend } from "../../lib/backend/use_backend.ts";
import { fromLayersModel } from "../../lib/models/from_layers_model.ts";
import { backboneStage, freezeLayers, stageCount } from "../../lib/models/frozen_layers.ts";
import { inspectModel } from "../../lib/models/inspect_model.ts";
import { networks } from "../../lib/models/networks/registry.ts";
import { config } from "../support/config.ts";
import { createNetworks, disposeNetworks } from "../../lib/train/step/networks.ts";
import { trainStep } from "../../lib/train/step/train_step.ts";
import { batchOf } from "../support/small_networks.ts";

test("backboneStage() finds every stage of every network, in order, and a head without one", () => {
  for (const entry of networks) {
    const { layers, backbone } = inspectModel({ name: entry.name }, { classes: 3 });
    const weighted = layers.filter(({ weights }) => weights.length > 0);
    const stages = weighted.map(({ name }) => backboneStage(entry, name));
    const all = new Set(stages.filter((stage) => stage !== null));
    assert.deepEqual([...all], Array.from({ length: stageCount(entry) }, (_, i) => i + 1));
    assert.equal(stages.at(-1), null, `${entry.name}: ${weighted.at(-1)!.name}`);
    assert.equal(Object.keys(backbone).length > 0, true);
  }
});

test("inspectModel() says what is frozen, and counts it as not trainable", () => {
  const { parameters: { trainable } } = inspectModel({ name: "resnet50" }, { classes: 21 });
  const report = inspectModel({ name: "resnet50", freeze: "backbone" }, { classes: 21 });
  assert.equal(report.parameters.trainable, 2048 * 21 + 21);
  assert.ok(report.frozen.includes("conv5_block3_3_bn") && !report.frozen.includes("score"));
  const some = inspectModel({ name: "resnet50", freeze: 2 }, { classes: 21 });
  assert.ok(some.parameters.trainable > 22e6 && some.parameters.trainable < trainable);
  assert.equal(some.backbone["conv3_block1_1_conv"], 3);
  assert.ok(!some.frozen.includes("conv3_block1_1_conv"));
});

describe("freezeLayers() on wasm", () => {
  let backend: BackendInfo;
  before(async () => {
    backend = await useBackend({ backend: "wasm", threads: 1 });
  });
  after(() => backend.dispose());

  const resnet = ["model.name=resnet50", "model.width=0.03", "adversarial.enabled=false"];
  const batch = () =>
    batchOf("frozen", [2, 64, 64], Int32Array.from({ length: 2 * 64 * 64 }, (_, i) => i % 3));
  const values = async (model: tf.LayersModel) => {
    const all = new Map<string, string>();
    for (const weight of model.weights) {
      all.set(weight.originalName, String(await weight.read().data()));
    }
    return all;
  };

  /** Names of weights, moving statistics too, that a step has changed. */
  async function changed(overrides: string[], context: object = {}): Promise<Set<string>> {
    const networks = createNetworks(await config(...resnet, ...overrides), { classes: 3 });
    const { layers } = networks.segmentation.model;
    const start = await values(layers);
    const { images, labels, valid } = batch();
    const rates = { segmentation: 0.1, discriminator: 0 };
    tf.dispose(trainStep(networks, { images, labels, valid }, { rates, ...context }));
    const end = await values(layers);
    tf.dispose([images, labels]);
    disposeNetworks(networks, { keepModel: false });
    return new Set([...end.keys()].filter((name) => start.get(name) !== end.get(name)));
  }

  test("freezeLayers() keeps weights and moving statistics of the stages named, no others", async () => {
    const before = tf.memory().numTensors;
    const all = await changed([]);
    assert.ok(all.has("conv1_bn/moving_mean") && all.has("conv1_conv/kernel"));
    const two = await changed(["model.freeze=2"]);
    for (const name of all) assert.equal(two.has(name), !/^(conv1|conv2)_/.test(name), name);
    const backbone = await changed(["model.freeze=backbone"]);
    assert.deepEqual([...backbone], ["score/kernel", "score/bias"]);
    assert.equal(tf.memory().numTensors, before);
  });

  test("freezeLayers() gives the same step with gradient checkpointing", async () => {
    for (const freeze of ["2", "3", "backbone"]) {
      const hashes = [];
      for (const gradientCheckpointing of [false, true]) {
        const settings = await config(...resnet, `model.freeze=${freeze}`);
        const networks = createNetworks(settings, { classes: 3 });
        const { images, labels, valid } = batch();
        const rates = { segmentation: 0.1, discriminator: 0 };
        tf.dispose(
          trainStep(networks, { images, labels, valid }, { rates, gradientCheckpointing }),
        );
        hashes.push(await values(networks.segmentation.model.layers));
        tf.dispose([images, labels]);
        disposeNetworks(networks, { keepModel: false });
      }
      assert.deepEqual(hashes[1], hashes[0]);
    }
  });

  test("freezeLayers() leaves no gradient work and no activations before the first trained weight", async () => {
    const peak = async (freeze: string) => {
      const networks = createNetworks(await config(...resnet, `model.freeze=${freeze}`), {
        classes: 3,
      });
      const { images, labels, valid } = batch();
      const kernels = new Map<string, number>();
      const profile = await tf.profile(() => {
        const rates = { segmentation: 0.1, discriminator: 0 };
        tf.dispose(trainStep(networks, { images, labels, valid }, { rates }));
      });
      for (const { name } of profile.kernels) kernels.set(name, (kernels.get(name) ?? 0) + 1);
      tf.dispose([images, labels]);
      disposeNetworks(networks, { keepModel: false });
      return [...kernels].filter(([name]) => /Backprop|Grad/.test(name))
        .reduce((sum, [, count]) => sum + count, 0);
    };
    const [none, backbone] = [await peak("none"), await peak("backbone")];
    assert.ok(none > 150 && backbone <= 3, `${none} ${backbone}`);
  });

  test("freezeLayers() refuses a network of the caller's own", () => {
    const own = tf.sequential({
      layers: [tf.layers.conv2d({ inputShape: [null, null, 3], filters: 2, kernelSize: 1 })],
    });
    const model = fromLayersModel(own, { name: "mine", inputMultiple: 1 });
    assert.equal(freezeLayers(model, "none").size, 0);
    assert.throws(() => freezeLayers(model, "backbone"), {
      name: "RangeError",
      message: /^Cannot freeze "backbone" of "mine": .*; set model\.freeze to none$/,
    });
    own.dispose();
  });

  test("createNetworks() multiplies the rate of the head alone by optimizer.headLrFactor", async () => {
    const settings = async (factor: number) => {
      const plain = ["optimizer.momentum=0", `optimizer.headLrFactor=${factor}`];
      const networks = createNetworks(await config(...resnet, ...plain), { classes: 3 });
      const { images, labels, valid } = batch();
      const steps = new Map<string, number>();
      const { parameters } = networks.segmentation;
      const before = await Promise.all(parameters.map(({ weight }) => weight.data()));
      const copies = before.map((one) => one.slice());
      const rates = { segmentation: 0.01, discriminator: 0 };
      tf.dispose(trainStep(networks, { images, labels, valid }, { rates }));
      for (const [i, { name, weight }] of parameters.entries()) {
        const now = await weight.data();
        steps.set(name, Math.hypot(...now.map((value, j) => value - copies[i]![j]!)));
      }
      tf.dispose([images, labels]);
      disposeNetworks(networks, { keepModel: false });
      return steps;
    };
    const [one, ten] = [await settings(1), await settings(10)];
    for (const name of ["score/kernel", "score/bias"]) {
      const ratio = ten.get(name)! / one.get(name)!;
      assert.ok(Math.abs(ratio - 10) < 0.01, `${name} ${ratio}`);
    }
    for (const [name, step] of one) {
      if (!name.startsWith("score")) assert.equal(ten.get(name), step, name);
    }
  });
});
