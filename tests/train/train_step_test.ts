import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type Config, defaultConfig } from "../../lib/config/mod.ts";
import { createPlayers, disposePlayers } from "../../lib/train/networks.ts";
import {
  type Batch,
  type Players,
  type StepLosses,
  trainStep,
} from "../../lib/train/train_step.ts";
import { randomStream } from "../../lib/util/random.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { normalTensor } from "../support/gradients.ts";

type Overrides = { [K in keyof Config]?: Partial<Config[K]> };

function players(overrides: Overrides = {}): Players {
  const config = defaultConfig();
  Object.assign(config.model, { name: "fcn8s-vgg16", width: 1 / 32, dropout: 0 });
  Object.assign(config.discriminator, { width: 1 / 16, lr: 1e-3 });
  for (const [section, values] of Object.entries(overrides)) {
    Object.assign(config[section as keyof Config] as object, values);
  }
  return createPlayers(config, { classes: 3 });
}

function batch(name = "images", ignore = 0): Batch {
  const stream = randomStream(3, name);
  const labels = Int32Array.from({ length: 2 * 32 * 32 }, () => stream.integer(3));
  labels.fill(255, 0, ignore);
  return {
    images: normalTensor(name, [2, 32, 32, 3]) as tf.Tensor4D,
    labels: tf.tensor3d(labels, [2, 32, 32], "int32"),
    valid: labels.length - ignore,
  };
}

const RATES = { generator: 0.05, discriminator: 1e-3 };

async function read(losses: StepLosses): Promise<Record<string, number>> {
  const entries = Object.entries(losses).map(async ([key, t]) => [key, (await t.data())[0]!]);
  return Object.fromEntries(await Promise.all(entries));
}

async function weights(model: tf.LayersModel): Promise<number[][]> {
  return await Promise.all(model.weights.map(async (w) => [...await w.read().data()]));
}

describe("trainStep", () => {
  before(async () => {
    await useBackend({ backend: "wasm", threads: 1 });
  });

  test("trainStep has no D in baseline mode, not even in memory", async () => {
    const baseline = players({ adversarial: { mode: "baseline" } });
    assert.equal(baseline.adversary, null);
    const losses = await read(trainStep(baseline, batch(), RATES));
    assert.deepEqual(Object.keys(losses), ["loss/seg"]);
    assert.ok(Math.abs(losses["loss/seg"]! - Math.log(3)) < 1e-5, "zero scores give log C");
  });

  for (const game of ["lsgan", "bce"]) {
    for (const mode of ["adversarial", "temperature"] as const) {
      test(`trainStep learns in mode ${mode} with ${game}`, async () => {
        const game_ = players({ adversarial: { mode, game, tg: 0.5, td: 2, alpha: 0.1 } });
        const b = batch();
        const first = await read(trainStep(game_, b, RATES));
        for (let i = 0; i < 12; i++) tf.dispose(trainStep(game_, b, RATES));
        const last = await read(trainStep(game_, b, RATES));
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
        disposePlayers(game_, { keepGenerator: false });
      });
    }
  }

  test("trainStep lets the temperatures matter in temperature mode only", async () => {
    const losses = async (mode: "adversarial" | "temperature", tg: number, td: number) => {
      const game = players({ adversarial: { mode, tg, td } });
      tf.dispose(trainStep(game, batch(), RATES)); // scores start at zero, which T cannot change
      return await read(trainStep(game, batch(), RATES));
    };
    assert.deepEqual(await losses("adversarial", 0.5, 2), await losses("adversarial", 1, 1));
    assert.deepEqual(await losses("temperature", 1, 1), await losses("adversarial", 1, 1));
    const [tg, plain] = [await losses("temperature", 0.5, 1), await losses("temperature", 1, 1)];
    assert.notEqual(tg["loss/seg"], plain["loss/seg"]);
    const td = await losses("temperature", 1, 0.5);
    assert.equal(td["loss/seg"], plain["loss/seg"]);
    assert.notEqual(td["d/fake"], plain["d/fake"]);
  });

  test("trainStep gives G a gradient through D: alpha changes G's weights", async () => {
    const after = async (alpha: number) => {
      const game = players({ adversarial: { mode: "adversarial", alpha } });
      for (let i = 0; i < 2; i++) tf.dispose(trainStep(game, batch(), RATES));
      return await weights(game.generator.model.layers);
    };
    assert.notDeepEqual(await after(0.5), await after(0));
  });

  test("trainStep takes L_G from D before or after D's update, as lgTiming says", async () => {
    const generatorLoss = async (lgTiming: "before" | "after", rate: number) => {
      const game = players({ adversarial: { mode: "adversarial", lgTiming } });
      const rates = { generator: 0.05, discriminator: rate };
      return (await read(trainStep(game, batch(), rates)))["loss/gen"];
    };
    assert.equal(await generatorLoss("before", 1e-2), await generatorLoss("before", 0));
    assert.notEqual(await generatorLoss("after", 1e-2), await generatorLoss("after", 0));
  });

  test("trainStep updates D k times", () => {
    const game = players({ discriminator: { steps: 3 }, adversarial: { mode: "adversarial" } });
    tf.dispose(trainStep(game, batch(), RATES));
    assert.equal(game.adversary!.optimizer.steps, 3);
    assert.equal(game.generator.optimizer.steps, 1);
  });

  test("trainStep moves D's weights, and only its own optimiser's rate decides how far", async () => {
    const game = players({ adversarial: { mode: "adversarial" } });
    const start = await weights(game.adversary!.model.layers);
    tf.dispose(trainStep(game, batch(), { generator: 0.05, discriminator: 0 }));
    const trainable = game.adversary!.parameters.length;
    const moved = (await weights(game.adversary!.model.layers)).slice(0, trainable);
    assert.deepEqual(moved, start.slice(0, trainable));
  });

  test("trainStep has losses of zero, never NaN, for a batch without valid pixels", async () => {
    for (const mode of ["baseline", "temperature"] as const) {
      const game = players({ adversarial: { mode } });
      const losses = await read(trainStep(game, batch("none", 2 * 32 * 32), RATES));
      for (const value of Object.values(losses)) assert.equal(Math.abs(value), 0);
      const values = (await weights(game.generator.model.layers)).flat();
      assert.ok(values.every(Number.isFinite));
    }
  });

  test("trainStep ignores what lies under ignored pixels", async () => {
    const loss = async (under: number) => {
      const b = batch("images", 100);
      const other = (await b.labels.data() as Int32Array).slice();
      assert.equal(other[99], 255);
      const game = players({ adversarial: { mode: "baseline" } });
      tf.dispose(trainStep(game, b, RATES));
      if (under !== 255) other.fill(under, 0, 100);
      const labels = tf.tensor3d(other, [2, 32, 32], "int32");
      return (await read(trainStep(game, { ...b, labels }, RATES)))["loss/seg"];
    };
    assert.equal(await loss(255), await loss(200)); // any value that is no class
  });

  test("trainStep keeps tensors and bytes flat over 200 steps", () => {
    const game = players({ adversarial: { mode: "temperature", tg: 0.5 } });
    const b = batch();
    const seen = new Set<string>();
    for (let step = 1; step <= 200; step++) {
      tf.dispose(trainStep(game, b, RATES));
      const { numTensors, numBytes, numDataBuffers } = tf.memory();
      if (step >= 3) seen.add(`${numTensors} ${numBytes} ${numDataBuffers}`);
    }
    assert.equal(seen.size, 1, [...seen].join("; "));
  });

  test("disposePlayers frees everything that createPlayers made", () => {
    const before = tf.memory().numTensors;
    const game = players({ adversarial: { mode: "adversarial" } });
    const b = batch();
    tf.dispose(trainStep(game, b, RATES));
    disposePlayers(game, { keepGenerator: false });
    tf.dispose([b.images, b.labels]);
    assert.equal(tf.memory().numTensors, before);
  });
});
