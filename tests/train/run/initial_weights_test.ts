/** Runs that start from weight files: what they take from the file, record and say. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Config, loadConfig } from "../../../lib/config/mod.ts";
import type { TrainEvent } from "../../../lib/train/events.ts";
import { resumeTraining } from "../../../lib/train/run/resume.ts";
import { train } from "../../../lib/train/run/train.ts";
import { loadModel } from "../../../lib/train/run/load_model.ts";
import { fixture } from "../../support/weight_fixtures.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";
import { config } from "../../support/config.ts";

const temporaryFolder = temporaryFolders();

function runConfig(init: string, ...overrides: string[]): Promise<Config> {
  return config(
    `model.width=${1 / 1024}`,
    "data.batch=2",
    "train.maxSteps=1",
    "train.epochs=1",
    "schedule.warmupEpochs=0",
    `model.init=${init}`,
    ...overrides,
  );
}

test("train() follows the weights' input and variant, and records them", async () => {
  const out = join(temporaryFolder(), "run");
  const init = await fixture(temporaryFolder(), "resnet50.pth.gz");
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent): void => void events.push(event);
  const wanted = await runConfig(init, "model.name=resnet50");
  assert.equal(wanted.model.variant, "v1");
  await train(wanted, { out, onEvent });

  const normalize = {
    order: "rgb",
    mean: [123.675, 116.28, 103.53],
    std: [58.395, 57.12, 57.375],
  };
  const [start, warning] = events;
  assert.ok(start?.type === "start" && start.initialization !== undefined);
  assert.equal(start.initialization.origin, "torchvision");
  assert.equal(start.initialization.copied, 265);
  assert.equal(start.initialization.zero, 53);
  assert.deepEqual(start.initialization.fresh, ["score/kernel", "score/bias"]);
  assert.deepEqual(start.config.data.normalize, normalize);
  assert.ok(warning?.type === "warning");
  assert.match(warning.message, /the run takes data\.normalize \{.*\}, model\.variant "v1\.5"$/);

  const recorded = await loadConfig({ path: join(out, "config.yaml") });
  assert.deepEqual(recorded.data.normalize, normalize);
  assert.equal(recorded.model.variant, "v1.5");
  const { model, normalize: saved } = await loadModel(join(out, "model"));
  assert.equal(model.architecture?.variant, "v1.5");
  assert.deepEqual(saved, normalize);
  model.layers.dispose();

  // All weights are in the checkpoint: the file may be gone
  await rm(init);
  const overrides = ["train.maxSteps=2"];
  assert.equal((await resumeTraining(out, { overrides })).steps, 2);
});

test("train() takes the configured input where followInit is off, with a warning", async () => {
  const init = await fixture(temporaryFolder(), "vgg16.h5.gz");
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent): void => void events.push(event);
  const name = "model.name=fcn32s-vgg16";
  await train(await runConfig(init, name, "model.followInit=false"), { onEvent });
  assert.ok(events[0]?.type === "start");
  assert.equal(events[0].config.data.normalize.order, "rgb");
  const warning = events.find((event) => event.type === "warning");
  assert.match(
    warning!.message,
    /was trained with data\.normalize \{"order":"bgr",.*, the run tak/,
  );
});

test("train() goes on from its own runs, as their config and head are", async () => {
  const out = join(temporaryFolder(), "run");
  const name = "model.name=fcn32s-vgg16";
  await train(await runConfig(await fixture(temporaryFolder(), "vgg16.npz"), name), { out });
  const again = await runConfig(out, name);
  const events: TrainEvent[] = [];
  await train(again, { onEvent: (event) => void events.push(event) });
  assert.ok(events[0]?.type === "start");
  assert.equal(events[0].initialization?.origin, "this toolkit");
  assert.equal(events[0].initialization?.fresh.length, 0);
  const warnings = events.filter((event) => event.type === "warning");
  const messages = warnings.map(({ message }) => message);
  assert.deepEqual(messages.filter((message) => message.startsWith("as ")), [
    `as ${join(out, "best")} was trained, the run takes data.normalize ` +
    '{"order":"rgb","mean":[123.68,116.779,103.939],"std":[1,1,1]}',
  ]);
});

test("train() says what does not fit before it writes anything", async () => {
  const out = join(temporaryFolder(), "run");
  const init = await fixture(temporaryFolder(), "vgg16.pth");
  await assert.rejects(
    train(await runConfig(init, "model.name=fcn8s-vgg16", "model.width=0.01"), { out }),
    /^RangeError: Cannot start from model\.init .*vgg16\.pth \(torchvision\): of another shape: /,
  );
  await assert.rejects(loadModel(out), /neither model\.json/);
});
