import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Config } from "../../lib/config/mod.ts";
import { openDataset } from "../../lib/data/registry.ts";
import { evaluate } from "../../lib/models/inference/evaluate.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import type { TrainEvent } from "../../lib/train/events.ts";
import { train } from "../../lib/train/run/train.ts";
import { loadModel } from "../../lib/train/run/load_model.ts";
import { config } from "../support/config.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

function runConfig(...overrides: string[]): Promise<Config> {
  return config(
    "data.batch=2",
    "train.maxSteps=1",
    "schedule.warmupEpochs=0",
    "adversarial.enabled=false",
    "adversarial.tg=1",
    "adversarial.td=1",
    ...overrides,
  );
}

test("train() validates as inference says: a loaded network scores the same that way", async () => {
  const out = join(temporaryFolder(), "run");
  const options = [
    "resize=[64,32]",
    "resizeMode=letterbox",
    "scoreSize=resized",
    "window=[32,32]",
    "overlap=0.5",
    "flip=true",
  ]
    .map((each) => `inference.${each}`);
  const { last } = await train(await runConfig(...options, "inference.scales=[0.5,1]"), { out });
  const { model, normalize, config: saved } = await loadModel(out);
  const dataset = await openDataset("fixtures", { split: "val" });
  const { epoch: _, step: __, ...scores } = last!;
  const { flip, scales, resizeMode } = saved!.inference;
  assert.deepEqual([flip, scales, resizeMode], [true, [0.5, 1], "letterbox"]);
  const same = await evaluate(model, dataset, { normalize, ...saved!.inference });
  assert.deepEqual(same, scores);
  const other = await evaluate(model, dataset, { normalize });
  assert.notDeepEqual(other, scores);
  model.layers.dispose();
});

test("train() says once why it validates in windows", async () => {
  const backend = await useBackend({ backend: "wasm", threads: 1 });
  // Always room for a window of 32x32, never for a picture of 64x64
  const get = (): number => tf.memory().numBytes + 2 ** 27 + 150_000;
  Object.defineProperty(backend, "memoryBytes", { get });
  const events: TrainEvent[] = [];
  await train(
    await runConfig("train.epochs=2", "validation.every=1", "train.maxSteps=null", "data.batch=24"),
    {
      backend,
      onEvent: (event) => events.push(event),
    },
  );
  const warnings = events.flatMap((event) => event.type === "warning" ? [event.message] : []);
  const logged = warnings.filter((message) => message.includes("inference.window"));
  assert.equal(logged.length, 1, warnings.join("\n"));
  assert.match(
    logged[0]!,
    /^images of 64x64 are predicted in windows of \d\dx\d\d \(inference\.window\)/,
  );
  await backend.dispose();
});
