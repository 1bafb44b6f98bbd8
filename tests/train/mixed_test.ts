import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type Config, loadConfig } from "../../lib/config/mod.ts";
import { trainingBackend } from "../../lib/engine/webgpu/mod.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import type { StepEvent, TrainEvent } from "../../lib/train/events.ts";
import { createNetworks, disposeNetworks } from "../../lib/train/step/networks.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { trainStep } from "../../lib/train/step/train_step.ts";
import { train } from "../../lib/train/run/train.ts";
import { dryGpu } from "../../bench/dry_gpu.ts";
import { longSkip } from "../support/long_test.ts";
import { noAdapter } from "../support/webgpu_adapter.ts";
import { config } from "../support/config.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const skip = await noAdapter();

function runConfig(...more: string[]): Promise<Config> {
  return config(
    "backend=webgpu",
    "data.batch=4",
    "train.epochs=1",
    "schedule.warmupEpochs=0",
    "train.logEvery=1",
    "validation.every=9",
    ...more,
  );
}

/** Pixels a side: enough for activations to outweigh weights. */
const SIDE = 256;

/** Most bytes that a step takes on a WebGPU that computes nothing. */
async function peakBytes(network: string, ...overrides: string[]): Promise<number> {
  const backend = await useBackend({ backend: "webgpu", gpu: dryGpu().gpu });
  const plain = await loadConfig({
    preset: "fixtures",
    overrides: [`model.name=${network}`, "adversarial.enabled=false", ...overrides],
  });
  const networks = createNetworks(plain, { classes: 3 });
  const images = tf.zeros<tf.Rank.R4>([4, SIDE, SIDE, 3]);
  const labels = tf.zeros<tf.Rank.R3>([4, SIDE, SIDE], "int32");
  for (let i = 0; i < 2; i++) {
    const batch = { images, labels, valid: 4 * SIDE * SIDE };
    tf.dispose(trainStep(networks, batch, {
      ...plain.train,
      rates: { segmentation: 1e-3, discriminator: 1e-5 },
    }));
    trainingBackend().flush();
  }
  const bytes = trainingBackend().counters.peakUsedBytes;
  disposeNetworks(networks, { keepModel: false });
  await backend.dispose();
  await tf.setBackend("cpu");
  return bytes;
}

describe("train() in mixed precision", () => {
  for (const network of ["fcn8s-vgg16", "resnet50"]) {
    test(`trainStep() of ${network} takes less memory in mixed precision, in parts, with gradientCheckpointing`, async () => {
      const plain = await peakBytes(network, "model.width=0.0625");
      for (
        const [setting, most] of [
          ["train.precision=mixed", 0.8],
          ["train.gradientAccumulation=2", 0.8],
          ["train.gradientCheckpointing=true", 0.9],
        ] as const
      ) {
        const peak = await peakBytes(network, "model.width=0.0625", "data.batch=4", setting);
        assert.ok(peak < most * plain, `${setting}: ${peak} of ${plain} bytes`);
      }
    });
  }

  test("train() refuses mixed precision on a backend without float16 storage", async () => {
    const { backend: _, ...rest } = await runConfig("train.precision=mixed");
    await assert.rejects(
      train({ ...rest, backend: "cpu" }),
      /train\.precision mixed on backend cpu, .*set train\.precision to f32, or backend to webgpu$/,
    );
  });

  test("train() in mixed precision goes as in f32, and resumes bit-identically with its scale", {
    skip: skip || longSkip,
    timeout: 240_000,
  }, async () => {
    const losses = async (config: Config, options: Parameters<typeof train>[1]) => {
      const logs: StepEvent["logs"][] = [];
      const onEvent = (event: TrainEvent) => event.type === "step" && logs.push(event.logs);
      return { logs, ...await train(config, { ...options, onEvent }) };
    };
    const short = ["train.maxSteps=4", "model.width=0.0625"];
    const wasm = await useBackend({ backend: "wasm", threads: 1 });
    const full = await losses(await runConfig(...short), { backend: wasm });
    const backend = await useBackend({ backend: "webgpu" });
    const half = await losses(await runConfig(...short, "train.precision=mixed"), { backend });
    for (const [i, logs] of half.logs.entries()) {
      assert.equal(logs["loss/scale"], 2 ** 15);
      const [a, b] = [logs["loss/seg"]!, full.logs[i]!["loss/seg"]!];
      assert.ok(Math.abs(a - b) < 5e-3 * b, `step ${i}: ${a}, ${b}`);
    }

    const out = join(temporaryFolder(), "run");
    const first = await runConfig(
      "model.width=0.0625",
      "train.precision=mixed",
      "train.maxSteps=2",
    );
    await train(first, { out, backend });
    const result = await resumeTraining(out, { backend, overrides: ["train.maxSteps=4"] });
    assert.equal(result.resumedAt, 2);
    assert.equal(result.weightsSha256, half.weightsSha256);
    await backend.dispose();
  });
});
