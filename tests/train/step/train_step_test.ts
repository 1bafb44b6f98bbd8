import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { disposeNetworks } from "../../../lib/train/step/networks.ts";
import type { Batch, StepLosses } from "../../../lib/train/step/step_context.ts";
import { trainStep } from "../../../lib/train/step/train_step.ts";
import { randomStream } from "../../../lib/util/random.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { batchOf, smallNetworks } from "../../support/small_networks.ts";

function batch(name = "images", ignore = 0): Batch {
  const stream = randomStream(3, name);
  const labels = Int32Array.from({ length: 2 * 32 * 32 }, () => stream.integer(3));
  labels.fill(255, 0, ignore);
  return batchOf(name, [2, 32, 32], labels);
}

const RATES = { rates: { segmentation: 0.05, discriminator: 1e-3 } };

async function read(losses: StepLosses): Promise<Record<string, number>> {
  const entries = Object.entries(losses).map(async ([key, t]) => [key, (await t.data())[0]!]);
  return Object.fromEntries(await Promise.all(entries));
}

async function weights(model: tf.LayersModel): Promise<number[][]> {
  return await Promise.all(model.weights.map(async (w) => [...await w.read().data()]));
}

describe("trainStep()", () => {
  before(async () => {
    await useBackend({ backend: "wasm", threads: 1 });
  });

  test("trainStep() has no discriminator without the framework, not even in memory", async () => {
    const baseline = smallNetworks({ adversarial: { enabled: false } });
    assert.equal(baseline.discriminator, null);
    const losses = await read(trainStep(baseline, batch(), RATES));
    assert.deepEqual(Object.keys(losses), ["loss/seg"]);
    assert.ok(Math.abs(losses["loss/seg"]! - Math.log(3)) < 1e-5, "zero scores give log C");
  });

  for (const loss of ["lsgan", "bce", "hinge"]) {
    for (const [tg, td] of [[1, 1], [0.5, 2]] as const) {
      test(`trainStep() learns with ${loss} at T_g = ${tg}, T_d = ${td}`, async () => {
        const trained = smallNetworks({ adversarial: { loss, tg, td, weight: 0.1 } });
        const b = batch();
        const first = await read(trainStep(trained, b, RATES));
        for (let i = 0; i < 12; i++) tf.dispose(trainStep(trained, b, RATES));
        const last = await read(trainStep(trained, b, RATES));
        assert.deepEqual(Object.keys(last).sort(), [
          "d/accuracy",
          "d/fake",
          "d/real",
          "loss/d",
          "loss/gen",
          "loss/seg",
        ]);
        assert.ok(last["loss/seg"]! < first["loss/seg"]!, "L_seg falls");
        assert.ok(last["loss/d"]! < first["loss/d"]!, "L_D falls");
        disposeNetworks(trained, { keepModel: false });
      });
    }
  }

  test("trainStep() takes L_seg and L_G at T_g, L_D at T_d", async () => {
    const losses = async (tg: number, td: number) => {
      const trained = smallNetworks({ adversarial: { tg, td } });
      tf.dispose(trainStep(trained, batch(), RATES)); // scores start at zero, which T cannot change
      return await read(trainStep(trained, batch(), RATES));
    };
    const [tg, plain] = [await losses(0.5, 1), await losses(1, 1)];
    assert.notEqual(tg["loss/seg"], plain["loss/seg"]);
    const td = await losses(1, 0.5);
    assert.equal(td["loss/seg"], plain["loss/seg"]);
    assert.notEqual(td["d/fake"], plain["d/fake"]);
  });

  test("trainStep() gives G a gradient through D: its weight changes G's weights", async () => {
    const after = async (weight: number) => {
      const trained = smallNetworks({ adversarial: { tg: 1, td: 1, weight } });
      for (let i = 0; i < 2; i++) tf.dispose(trainStep(trained, batch(), RATES));
      return await weights(trained.segmentation.model.layers);
    };
    assert.notDeepEqual(await after(0.5), await after(0));
  });

  test("trainStep() takes L_G from D before or after D's update, as lgTiming says", async () => {
    const generatorLoss = async (lgTiming: "before" | "after", rate: number) => {
      const trained = smallNetworks({ adversarial: { tg: 1, td: 1, lgTiming } });
      const rates = { segmentation: 0.05, discriminator: rate };
      return (await read(trainStep(trained, batch(), { rates })))["loss/gen"];
    };
    assert.equal(await generatorLoss("before", 1e-2), await generatorLoss("before", 0));
    assert.notEqual(await generatorLoss("after", 1e-2), await generatorLoss("after", 0));
  });

  test("trainStep() updates D k times", () => {
    const trained = smallNetworks({ adversarial: { discriminatorSteps: 3, tg: 1, td: 1 } });
    tf.dispose(trainStep(trained, batch(), RATES));
    assert.equal(trained.discriminator!.optimizer.steps, 3);
    assert.equal(trained.segmentation.optimizer.steps, 1);
  });

  test("trainStep() moves D's weights, and only its own optimiser's rate decides how far", async () => {
    const trained = smallNetworks({ adversarial: { tg: 1, td: 1 } });
    const start = await weights(trained.discriminator!.model.layers);
    tf.dispose(trainStep(trained, batch(), { rates: { segmentation: 0.05, discriminator: 0 } }));
    const trainable = trained.discriminator!.parameters.length;
    const moved = (await weights(trained.discriminator!.model.layers)).slice(0, trainable);
    assert.deepEqual(moved, start.slice(0, trainable));
  });

  test("trainStep() has losses of zero, never NaN, for a batch without valid pixels", async () => {
    for (const enabled of [false, true]) {
      const trained = smallNetworks({ adversarial: { enabled } });
      const losses = await read(trainStep(trained, batch("none", 2 * 32 * 32), RATES));
      for (const value of Object.values(losses)) assert.equal(Math.abs(value), 0);
      const values = (await weights(trained.segmentation.model.layers)).flat();
      assert.ok(values.every(Number.isFinite));
    }
  });

  test("trainStep() ignores what lies under ignored pixels", async () => {
    const loss = async (under: number) => {
      const b = batch("images", 100);
      const other = (await b.labels.data() as Int32Array).slice();
      assert.equal(other[99], 255);
      const trained = smallNetworks({ adversarial: { enabled: false } });
      tf.dispose(trainStep(trained, b, RATES));
      if (under !== 255) other.fill(under, 0, 100);
      const labels = tf.tensor3d(other, [2, 32, 32], "int32");
      return (await read(trainStep(trained, { ...b, labels }, RATES)))["loss/seg"];
    };
    assert.equal(await loss(255), await loss(200)); // any value that is no class
  });

  test("trainStep() keeps tensors and bytes flat over 200 steps", () => {
    const trained = smallNetworks({ adversarial: { tg: 0.5 } });
    const b = batch();
    const seen = new Set<string>();
    for (let step = 1; step <= 200; step++) {
      tf.dispose(trainStep(trained, b, RATES));
      const { numTensors, numBytes, numDataBuffers } = tf.memory();
      if (step >= 3) seen.add(`${numTensors} ${numBytes} ${numDataBuffers}`);
    }
    assert.equal(seen.size, 1, [...seen].join("; "));
  });

  test("disposeNetworks() frees everything that createNetworks made", () => {
    const before = tf.memory().numTensors;
    const trained = smallNetworks({ adversarial: { tg: 1, td: 1 } });
    const b = batch();
    tf.dispose(trainStep(trained, b, RATES));
    disposeNetworks(trained, { keepModel: false });
    tf.dispose([b.images, b.labels]);
    assert.equal(tf.memory().numTensors, before);
  });
});
