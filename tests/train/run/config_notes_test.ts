import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { frozenNote, microBatchWarnings, warmupNote } from "../../../lib/train/run/config_notes.ts";
import { resumeTraining } from "../../../lib/train/run/resume.ts";
import { train } from "../../../lib/train/run/train.ts";
import type { TrainEvent } from "../../../lib/train/events.ts";
import { config } from "../../support/config.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

test("warmupNote() says where a run ends inside its warm-up", async () => {
  const short = await config("schedule.warmupEpochs=2", "train.maxSteps=3");
  assert.match(warmupNote(short, 2)[0]!, /^train\.maxSteps 3 ends the run inside the 4 steps/);
  assert.deepEqual(warmupNote(short, 1), []);
});

test("microBatchWarnings() names terms that micro-batches change", async () => {
  const terms = "loss.terms=[{name: ce}, {name: dice}]";
  assert.deepEqual(microBatchWarnings(await config(terms)), []);
  const [warning] = microBatchWarnings(await config(terms, "train.gradientAccumulation=2"));
  assert.match(warning!, /takes dice of each micro-batch of 1 samples/);
  const exact = await config(terms, "train.gradientAccumulation=3", "train.batchNorm=exact");
  assert.deepEqual(microBatchWarnings(exact), []);
});

test("frozenNote() warns of frozen layers that never learned anything", async () => {
  assert.deepEqual(frozenNote(await config()), []);
  assert.match(frozenNote(await config("model.freeze=1"))[0]!, /^model\.freeze 1 keeps the random/);
  assert.deepEqual(frozenNote(await config("model.freeze=1", "model.init=a.h5")), []);
});

test("train() with exact batch norm ends as without accumulation, and resumes so", async () => {
  const short = ["model.name=unet", "train.epochs=1", "schedule.warmupEpochs=0"];
  const whole = await train(await config(...short, "train.maxSteps=4"));
  const exact = [...short, "train.gradientAccumulation=3", "train.batchNorm=exact"];
  const out = join(temporaryFolder(), "run");
  await train(await config(...exact, "train.maxSteps=2"), { out });
  const resumed = await resumeTraining(out, { overrides: ["train.maxSteps=4"] });
  assert.equal(resumed.weightsSha256, whole.weightsSha256);
});

test("train() with frozen layers and another rate of the head resumes bit-identically", async () => {
  const network = ["model.name=resnet50", "model.freeze=2", "optimizer.headLrFactor=10"];
  const short = [...network, "train.epochs=1", "schedule.warmupEpochs=0"];
  const events: TrainEvent[] = [];
  const whole = await train(await config(...short, "train.maxSteps=4"), {
    onEvent: (event) => void events.push(event),
  });
  const [start] = events.filter((event) => event.type === "start");
  assert.ok(start!.parameters.frozen! > 0);
  assert.ok(start!.parameters.frozen! < start!.parameters.segmentation);
  assert.ok(events.some((event) => event.type === "warning" && /random start/.test(event.message)));
  const out = join(temporaryFolder(), "run");
  await train(await config(...short, "train.maxSteps=2"), { out });
  const resumed = await resumeTraining(out, { overrides: ["train.maxSteps=4"] });
  assert.deepEqual([resumed.resumedAt, resumed.weightsSha256], [2, whole.weightsSha256]);
});
