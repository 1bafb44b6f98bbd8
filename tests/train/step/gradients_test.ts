import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type Config, defaultConfig } from "../../../lib/config/mod.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { fromLayersModel } from "../../../lib/models/from_layers_model.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { createNetworks, disposeNetworks } from "../../../lib/train/step/networks.ts";
import { resumeTraining } from "../../../lib/train/run/resume.ts";
import type { Batch, StepContext } from "../../../lib/train/step/step_context.ts";
import { trainStep } from "../../../lib/train/step/train_step.ts";
import { randomStream } from "../../../lib/util/random.ts";
import { train } from "../../../lib/train/run/train.ts";
import { config } from "../../support/config.ts";
import { batchOf, type Overrides, smallNetworks } from "../../support/small_networks.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const DROPOUT = { dropout: defaultConfig().model.dropout };
const RATES = { segmentation: 0.05, discriminator: 1e-3 };

/** A small discriminator whose loss is taken at its own resolution. */
const OWN_RESOLUTION: Config["adversarial"]["discriminator"] = {
  ...defaultConfig().adversarial.discriminator,
  lossResolution: "own",
};

/** A batch whose micro-batches have different numbers of valid pixels, the last none. */
function batch(): Batch {
  const stream = randomStream(3, "labels");
  const labels = Int32Array.from({ length: 4 * 32 * 32 }, () => stream.integer(3));
  labels.fill(255, 100, 600).fill(255, 3 * 32 * 32);
  return batchOf("images", [4, 32, 32], labels);
}

/** Losses and weights of G after two steps. */
async function run(
  gradientAccumulation: number,
  overrides: Overrides,
  more: { classWeights?: readonly number[] } = {},
) {
  const networks = { ...smallNetworks({ model: DROPOUT, ...overrides }), ...more };
  const losses: Record<string, number>[] = [];
  for (let i = 0; i < 2; i++) {
    const found = trainStep(networks, batch(), { rates: RATES, gradientAccumulation });
    const read = Object.entries(found).map(async ([key, t]) => [key, (await t.data())[0]!]);
    losses.push(Object.fromEntries(await Promise.all(read)));
    tf.dispose(found);
  }
  const { layers } = networks.segmentation.model;
  const weights = await Promise.all(layers.weights.map((w) => w.read().data()));
  disposeNetworks(networks, { keepModel: false });
  return { losses, weights: weights.flatMap((values) => [...values]) };
}

function distance(a: number[], b: number[]): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

describe("trainStep() with gradientAccumulation", () => {
  before(async () => {
    await useBackend({ backend: "wasm", threads: 1 });
  });

  for (const parts of [2, 4]) {
    test(`trainStep() in ${parts} micro-batches is the step of the whole batch to rounding, dropout included`, async () => {
      const overrides: Overrides = {
        adversarial: { enabled: false },
        model: { dropout: 0.5, skipScales: [1, 1] },
        optimizer: { clipNorm: 0.5 },
      };
      const [whole, split] = [await run(1, overrides), await run(parts, overrides)];
      for (const [i, losses] of whole.losses.entries()) {
        for (const [key, value] of Object.entries(losses)) {
          const other = split.losses[i]![key]!;
          assert.ok(
            Math.abs(other - value) <= 2e-6 * Math.abs(value),
            `${key}: ${other}, ${value}`,
          );
        }
      }
      assert.ok(distance(split.weights, whole.weights) < 1e-6);
    });
  }

  test("trainStep() takes weighted means and the L1 norm of a whole batch in micro-batches", async () => {
    const overrides: Overrides = {
      adversarial: { enabled: false },
      loss: { terms: [{ name: "ce", weight: 1 }, { name: "l1", weight: 1e-3 }] },
    };
    const options = { classWeights: [1, 5, 0.25] };
    const [whole, split] = [await run(1, overrides, options), await run(2, overrides, options)];
    assert.ok(distance(split.weights, whole.weights) < 1e-6);
    for (
      const without of [await run(1, overrides), await run(1, { ...overrides, loss: {} }, options)]
    ) {
      assert.ok(distance(without.weights, whole.weights) > 1e-5);
    }
  });

  const options: Overrides[] = [
    { adversarial: { tg: 0.5, td: 1, frozenBatchNorm: true } },
    { adversarial: { tg: 1, td: 1, discriminator: OWN_RESOLUTION } },
    { adversarial: { tg: 1, td: 1, validMask: "output" } },
  ];
  for (const overrides of options) {
    test(`trainStep() in micro-batches moves D once, and near where the whole batch would: ${JSON.stringify(overrides)}`, async () => {
      const [whole, split] = [await run(1, overrides), await run(2, overrides)];
      // D's batch norm sees two images at a time, not four
      for (const key of ["loss/seg", "loss/gen", "loss/d", "d/real", "d/fake"]) {
        const [value, other] = [whole.losses[0]![key]!, split.losses[0]![key]!];
        assert.ok(Math.abs(other - value) < 0.1 * Math.abs(value), `${key}: ${other}, ${value}`);
      }
      assert.ok(distance(split.weights, whole.weights) < 2e-3);
    });
  }

  test("trainStep() in micro-batches keeps tensors and bytes flat", () => {
    const networks = smallNetworks({ model: DROPOUT });
    const b = batch();
    const context: StepContext = {
      rates: RATES,
      gradientAccumulation: 2,
      gradientCheckpointing: true,
    };
    const seen = new Set<string>();
    for (let step = 1; step <= 12; step++) {
      tf.dispose(trainStep(networks, b, context));
      const { numTensors, numBytes } = tf.memory();
      if (step >= 3) seen.add(`${numTensors} ${numBytes}`);
    }
    assert.equal(seen.size, 1, [...seen].join("; "));
    disposeNetworks(networks, { keepModel: false });
  });

  test("train() in micro-batches, with stages checkpointed, resumes bit-identically", async () => {
    const split = ["data.batch=4", "train.epochs=1", "model.dropout=0.5"]
      .concat("train.gradientAccumulation=2");
    const whole = await train(await config(...split));
    const out = join(temporaryFolder(), "run");
    const controller = new AbortController();
    await train(await config(...split, "train.gradientCheckpointing=true"), {
      out,
      signal: controller.signal,
      onEvent: (event) => event.type === "step" && event.step === 3 && controller.abort(),
    });
    const result = await resumeTraining(out, { overrides: ["train.gradientCheckpointing=false"] });
    assert.equal(result.resumedAt, 3);
    assert.equal(result.weightsSha256, whole.weightsSha256);
    await assert.rejects(
      resumeTraining(out, { overrides: ["train.gradientAccumulation=1", "train.epochs=2"] }),
      /train\.gradientAccumulation 2 became 1/,
    );
  });

  test("train() refuses to checkpoint stages that a network of one's own does not name", async () => {
    const wanted = await config("data.batch=2", "train.gradientCheckpointing=true");
    const backend = await useBackend({ backend: "wasm", threads: 1 });
    const conv = tf.layers.conv2d({ inputShape: [null, null, 3], filters: 6, kernelSize: 1 });
    const model = fromLayersModel(tf.sequential({ layers: [conv] }), { inputMultiple: 2 });
    const classes = (await openDataset("fixtures", { split: "train" })).classes.length;
    await assert.rejects(
      train(wanted, { model: { ...model, classes }, backend }),
      /train\.gradientCheckpointing.*pass stages to fromLayersModel/,
    );
  });

  test("trainStep() refuses parts that are not equal, as the configuration does", async () => {
    const parts = (...overrides: string[]) => config("data.batch=4", ...overrides);
    await assert.rejects(
      parts("train.gradientAccumulation=3"),
      /divisor of data\.batch, which is 4, got 3/,
    );
    await assert.rejects(
      parts("train.gradientAccumulation=2", "adversarial.lgTiming=after"),
      /train\.gradientAccumulation.*lgTiming to before/,
    );
    await assert.rejects(
      parts("train.gradientAccumulation=2", "adversarial.discriminatorSteps=2"),
      /train\.gradientAccumulation.*discriminatorSteps to 1/,
    );
    const wanted = await parts("train.gradientAccumulation=2");
    const networks = createNetworks(wanted, { classes: 3 });
    assert.throws(
      () => trainStep(networks, batch(), { rates: RATES, gradientAccumulation: 3 }),
      /batch of 4 into 3 micro-batches/,
    );
  });
});
