import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type Config, configToYaml, loadConfig } from "../../../lib/config/mod.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { evaluate } from "../../../lib/models/inference/evaluate.ts";
import { fromLayersModel } from "../../../lib/models/from_layers_model.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import type { TrainEvent } from "../../../lib/train/events.ts";
import { NonFiniteError } from "../../../lib/train/errors.ts";
import { train } from "../../../lib/train/run/train.ts";
import { loadModel } from "../../../lib/train/run/load_model.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";
import { config } from "../../support/config.ts";

const temporaryFolder = temporaryFolders();

function runConfig(...overrides: string[]): Promise<Config> {
  return config(
    "data.batch=4",
    "optimizer.lr=0.02",
    "train.epochs=2",
    "schedule.warmupEpochs=0",
    "validation.every=1",
    ...overrides,
  );
}

describe("train()", () => {
  before(async () => {
    await useBackend({ backend: "wasm", threads: 1 });
  });

  test("train() is bit-identical for the same seed and differs for another", async () => {
    const sha = async (seed: number) =>
      (await train(await runConfig(`seed=${seed}`))).weightsSha256;
    const first = await sha(1);
    assert.equal(await sha(1), first);
    assert.notEqual(await sha(2), first);
  });

  test("train() writes a run that loads, scores the same and says what it did", async () => {
    const out = join(temporaryFolder(), "run");
    const events: TrainEvent[] = [];
    const wanted = await runConfig();
    const result = await train(wanted, { out, onEvent: (event) => events.push(event) });
    assert.equal(result.reason, "finished");
    assert.equal(result.run, out);
    assert.equal(result.steps, 12);

    const files = (await readdir(out)).sort();
    const usual = ["best", "checkpoint", "config.yaml", "events.jsonl", "metrics.json", "model"];
    assert.deepEqual(files, usual);
    const written = (await readFile(join(out, "events.jsonl"), "utf8")).trim().split("\n");
    assert.deepEqual(written.map((line) => JSON.parse(line)), JSON.parse(JSON.stringify(events)));
    assert.deepEqual(
      await loadConfig({ path: join(out, "config.yaml") }),
      await loadConfig({
        yaml: configToYaml(wanted),
        overrides: ["data.orientation=apply", "data.range=null"], // found out
      }),
    );
    const metrics = JSON.parse(await readFile(join(out, "metrics.json"), "utf8"));
    assert.equal(metrics.best.mIoU, result.best!.mIoU);
    assert.equal(metrics.last.epoch, 2);

    assert.equal(events[0]!.type, "start");
    assert.equal(events.at(-1)!.type, "end");
    const steps = events.filter((event) => event.type === "step");
    assert.deepEqual(steps.map((event) => event.step), Array.from({ length: 12 }, (_, i) => i + 1));
    for (
      const key of ["loss/seg", "loss/gen", "loss/l2", "loss/total", "loss/d", "d/real", "d/fake"]
        .concat("d/accuracy", "d/drift", "lr/g", "lr/d")
    ) assert.ok(Number.isFinite(steps[0]!.logs[key]), key);

    const dataset = await openDataset("fixtures", { split: "val" });
    const opened = await loadModel(out);
    const scores = await evaluate(opened.model, dataset, { normalize: opened.normalize, batch: 3 });
    assert.equal(scores.mIoU, result.best!.mIoU);
    assert.deepEqual(opened.config, await loadConfig({ path: join(out, "config.yaml") }));
  });

  test("train() clears away what a process left that was killed before it had begun", async () => {
    const out = join(temporaryFolder(), "run");
    await mkdir(out);
    await writeFile(join(out, ".config.yaml.0123456789ab.tmp"), "half wri");
    await train(await runConfig("train.maxSteps=1"), { out });
    assert.deepEqual((await readdir(out)).filter((name) => name.endsWith(".tmp")), []);
  });

  test("train() never overwrites a run", async () => {
    const out = join(temporaryFolder(), "run");
    await train(await runConfig("train.maxSteps=1"), { out });
    const before = await readFile(join(out, "events.jsonl"), "utf8");
    await assert.rejects(train(await runConfig(), { out }), /already holds/);
    assert.equal(await readFile(join(out, "events.jsonl"), "utf8"), before);
  });

  test("train() says before the first step what the backend warns of", async () => {
    const backend = { ...await useBackend({ backend: "wasm", threads: 1 }), warning: "slow" };
    const types: string[] = [];
    const onEvent = (event: TrainEvent): void => {
      types.push(event.type === "warning" ? event.message : event.type);
    };
    await train(await runConfig("train.maxSteps=1"), { backend, onEvent });
    assert.ok(types.includes("slow") && types.indexOf("slow") < types.indexOf("step"), `${types}`);
  });

  test("train() stops at maxSteps and validates what it has", async () => {
    const result = await train(await runConfig("train.maxSteps=3"));
    assert.equal(result.reason, "max-steps");
    assert.equal(result.steps, 3);
    assert.equal(result.last!.step, 3);
  });

  test("train() says where maxSteps ends it inside the warm-up", async () => {
    const warningsOf = async (maxSteps: number): Promise<string> => {
      const warnings: string[] = [];
      const onEvent = (event: TrainEvent) =>
        event.type === "warning" && warnings.push(event.message);
      const short = ["schedule.warmupEpochs=1", `train.maxSteps=${maxSteps}`, "validation.every=9"];
      await train(await runConfig(...short), { onEvent });
      return warnings.join("\n");
    };
    assert.match(
      await warningsOf(1),
      /train\.maxSteps 1 ends the run inside the \d+ steps of .*peak/,
    );
    assert.doesNotMatch(await warningsOf(12), /inside the/);
  });

  test("train() ends on an aborted signal with the model on disk", async () => {
    const out = join(temporaryFolder(), "run");
    const controller = new AbortController();
    const result = await train(await runConfig(), {
      out,
      signal: controller.signal,
      onEvent: (event) => event.type === "step" && event.step === 2 && controller.abort(),
    });
    assert.equal(result.reason, "aborted");
    assert.equal(result.steps, 2);
    assert.ok(existsSync(join(out, "model", "model.json")));
  });

  test("train() stops at a loss that is no number, with step, samples and last values", async () => {
    const out = join(temporaryFolder(), "run");
    const wild = await runConfig("optimizer.lr=1e30", "train.epochs=3");
    const events: TrainEvent[] = [];
    await assert.rejects(
      train(wild, { out, onEvent: (event) => events.push(event) }),
      (error: NonFiniteError) => {
        assert.ok(error instanceof NonFiniteError);
        assert.equal(error.step, error.lastFinite!.step + 1);
        assert.equal(error.ids.length, wild.data.batch);
        assert.match(error.message, /^Cannot go on at step \d+: loss\/\w+ is NaN.*optimizer\.lr/);
        return true;
      },
    );
    const lines = (await readFile(join(out, "events.jsonl"), "utf8")).trim().split("\n");
    assert.equal(JSON.parse(lines.at(-1)!).reason, "non-finite");
    assert.equal(events.at(-1)!.type, "end");
  });

  test("train() leaves no tensors behind", async () => {
    const run = await runConfig("train.maxSteps=2");
    await train(run);
    const { numTensors } = tf.memory();
    await train(run);
    assert.equal(tf.memory().numTensors, numTensors);
  });

  test("train() takes a network of the user's own in G's place", async () => {
    const backend = await useBackend({ backend: "wasm", threads: 1 });
    const own = tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [null, null, 3],
          filters: 8,
          kernelSize: 3,
          strides: 2,
          padding: "same",
          activation: "relu",
        }),
        tf.layers.batchNormalization({ momentum: 0.9 }),
        tf.layers.conv2d({
          filters: (await openDataset("fixtures", { split: "val" })).classes.length,
          kernelSize: 1,
        }),
      ],
    });
    const model = fromLayersModel(own, { inputMultiple: 2 });
    const losses: number[] = [];
    const result = await train(await runConfig("train.epochs=4"), {
      model,
      backend,
      onEvent: (event) => event.type === "step" && losses.push(event.logs["loss/seg"]!),
    });
    assert.equal(result.reason, "finished");
    assert.ok(losses.at(-1)! < losses[0]!);
    own.predict(tf.zeros([1, 32, 32, 3])); // still alive
  });

  test("train() refuses what cannot work before any step", async () => {
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent) => events.push(event);
    const cases = [
      [["data.batch=100"], /data\.batch/],
      [["data.crop=[33,32]"], /multiple/],
      [["data.trainSplit=nope"], /nope/],
      [["data.dataset=folder", "data.dir=/nonexistent"], /nonexistent/],
    ] as const;
    for (const [overrides, message] of cases) {
      await assert.rejects(
        async () => await train(await runConfig(...overrides), { onEvent }),
        message,
      );
    }
    assert.equal(events.length, 0);
  });
});
