import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type BackendInfo, useBackend } from "../../lib/backend/use_backend.ts";
import { createNetworks, disposeNetworks, withAverage } from "../../lib/train/step/networks.ts";
import { trainStep } from "../../lib/train/step/train_step.ts";
import { loadModel } from "../../lib/train/run/load_model.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { train } from "../../lib/train/run/train.ts";
import type { TrainEvent } from "../../lib/train/events.ts";
import { openSafetensors } from "../../lib/weights/formats/safetensors.ts";
import { weightsSha256 } from "../../lib/weights/hash.ts";
import { WeightAverage } from "../../lib/optim/weight_average.ts";
import { config } from "../support/config.ts";
import { batchOf } from "../support/small_networks.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { noAdapter } from "../support/webgpu_adapter.ts";

const temporaryFolder = temporaryFolders();

for (const [name, skip] of Object.entries({ cpu: false, wasm: false, webgpu: await noAdapter() })) {
  describe(name, { skip }, () => {
    let backend: BackendInfo;
    before(async () => {
      backend = await useBackend({ backend: name as "cpu" | "wasm" | "webgpu", threads: 1 });
    });
    after(() => backend.dispose());

    test("WeightAverage.update() follows the weights of steps as Ultralytics' does", async () => {
      const network = ["model.name=resnet50", "model.width=0.02", "adversarial.enabled=false"];
      const options = [...network, "train.ema=0.9", "train.emaTau=2"];
      const { numTensors } = tf.memory();
      const networks = createNetworks(await config(...options), { classes: 3 });
      const { segmentation: { model }, average } = networks;
      const read = async () =>
        await Promise.all(
          model.layers.weights.map(async (weight) => [...await weight.read().data()]),
        );
      const expected = await read();
      const labels = Int32Array.from({ length: 2 * 32 * 32 }, (_, i) => i % 3);
      const batch = batchOf("average", [2, 32, 32], labels);
      for (const n of [1, 2, 3]) {
        tf.dispose(trainStep(networks, batch, { rates: { segmentation: 0.05, discriminator: 0 } }));
        const d = 0.9 * (1 - Math.exp(-n / 2));
        for (const [i, values] of (await read()).entries()) {
          expected[i] = values.map((value, j) => d * expected[i]![j]! + (1 - d) * value);
        }
      }
      const weights = await read();
      const averaged = await withAverage(networks, read);
      assert.deepEqual(await read(), weights);
      let off = 0;
      for (const [i, values] of averaged.entries()) {
        for (const [j, value] of values.entries()) {
          off = Math.max(off, Math.abs(value - expected[i]![j]!));
        }
      }
      assert.ok(off < 1e-6, `${off}`);
      assert.notDeepEqual(averaged, weights);
      assert.equal(average!.state.size, model.layers.weights.length);
      // A step after a swap goes on from the weights
      tf.dispose(trainStep(networks, batch, { rates: { segmentation: 0, discriminator: 0 } }));
      tf.dispose([batch.images, batch.labels]);
      disposeNetworks(networks, { keepModel: false });
      assert.equal(tf.memory().numTensors, numTensors);
    });
  });
}

describe("WeightAverage in a run", () => {
  const short = ["data.batch=4", "train.epochs=2", "schedule.warmupEpochs=0", "validation.every=1"];
  const averaged = [...short, "optimizer.lr=0.02", "train.ema=0.9", "train.emaTau=3"];

  test("train() validates, saves and hashes the average; decay 0 is the weights themselves", async () => {
    const out = join(temporaryFolder(), "run");
    const result = await train(await config(...averaged), { out });
    const { model } = await loadModel(join(out, "model"));
    assert.equal(await weightsSha256(model.layers), result.weightsSha256);
    model.layers.dispose();
    const settings = [...short, "optimizer.lr=0.02"];
    const scores: unknown[] = [];
    const hashes = [];
    for (const more of [[], ["train.ema=0"]]) {
      const { weightsSha256: hash, last } = await train(await config(...settings, ...more));
      hashes.push(hash);
      scores.push(last!.mIoU);
    }
    assert.equal(hashes[1], hashes[0]);
    assert.deepEqual(scores[1], scores[0]);
    assert.notEqual(hashes[0], result.weightsSha256);
    // The checkpoint has what is trained and what is averaged
    const file = await openSafetensors(join(out, "checkpoint", "step-000000012.safetensors"));
    const names = [...file.entries.keys()];
    await file.close();
    assert.ok(names.includes("segmentation/score_fr/kernel"));
    assert.ok(names.includes("segmentation.average/score_fr/kernel"));
  });

  test("resumeTraining() with an average ends bit-identically, scores and best network too", async () => {
    const wholeOut = join(temporaryFolder(), "run");
    const whole = await train(await config(...averaged), { out: wholeOut });
    for (const step of [4, 6, 9]) {
      const out = join(temporaryFolder(), "run");
      const controller = new AbortController();
      await train(await config(...averaged), {
        out,
        signal: controller.signal,
        onEvent: (event: TrainEvent) =>
          event.type === "step" && event.step === step && controller.abort(),
      });
      const resumed = await resumeTraining(out);
      assert.equal(resumed.weightsSha256, whole.weightsSha256, `${step}`);
      assert.deepEqual([resumed.best, resumed.last], [whole.best, whole.last]);
      const best = async (run: string) => {
        const { model } = await loadModel(join(run, "best"));
        return await weightsSha256(model.layers).finally(() => model.layers.dispose());
      };
      assert.equal(await best(out), await best(wholeOut));
    }
  });
});

test("WeightAverage.swap() twice changes nothing, and holds no tensor", async () => {
  const backend = await useBackend({ backend: "cpu" });
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  const average = new WeightAverage(model, { decay: 0.5, tau: 1 });
  const { numTensors } = tf.memory();
  const before = [...await model.layers[0]!.getWeights()[0]!.data()];
  average.swap();
  average.swap();
  assert.deepEqual([...await model.layers[0]!.getWeights()[0]!.data()], before);
  assert.equal(tf.memory().numTensors, numTensors);
  average.dispose();
  model.dispose();
  backend.dispose();
});
