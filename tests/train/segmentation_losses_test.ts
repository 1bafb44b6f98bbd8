import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadConfig } from "../../lib/config/load.ts";
import { inspectData } from "../../lib/data/validate/inspect_data.ts";
import { segmentationLosses } from "../../lib/losses/segmentation/loss_config.ts";
import type { TrainEvent } from "../../lib/train/events.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { train } from "../../lib/train/run/train.ts";
import { noAdapter } from "../support/webgpu_adapter.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const skip = await noAdapter();

const temporaryFolder = temporaryFolders();

const SMALL = {
  backend: "wasm",
  threads: 1,
  "model.width": 0.05,
  "data.crop": [32, 32],
  "data.batch": 2,
  "train.logEvery": 1,
  "schedule.warmupEpochs": 0,
  "adversarial.discriminator.width": 0.05,
};

/** Trains on the fixtures and gives all events. */
async function eventsOf(
  overrides: Record<string, unknown>,
  out?: string,
): Promise<TrainEvent[]> {
  const config = await loadConfig({ preset: "fixtures", overrides: { ...SMALL, ...overrides } });
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => void events.push(event);
  await train(config, { onEvent, ...out !== undefined && { out } });
  return events;
}

function lossesOf(events: readonly TrainEvent[]): number[] {
  return events.flatMap((event) => event.type === "step" ? [event.logs["loss/seg"]!] : []);
}

function warningsOf(events: readonly TrainEvent[]): string[] {
  return events.flatMap((event) => event.type === "warning" ? [event.message] : []);
}

function weightsOf(events: readonly TrainEvent[]): (number[] | undefined)[] {
  return events.flatMap((event) => event.type === "start" ? [event.classWeights] : []);
}

describe("segmentation losses", () => {
  for (const { name, isPixelMean, takesClassWeights } of segmentationLosses) {
    test(`train() with ${name} runs whole and in micro-batches`, async () => {
      const terms = { "loss.terms": [{ name }, { name: "ce", weight: 0.5 }] };
      const weights = takesClassWeights ? { "loss.classWeights": "enet" } : {};
      const whole = await eventsOf({ ...terms, ...weights, "train.maxSteps": 3 });
      const parts = await eventsOf({
        ...terms,
        "train.maxSteps": 1,
        "train.gradientAccumulation": 2,
      });
      assert.equal(lossesOf(whole).length, 3);
      for (const loss of [...lossesOf(whole), ...lossesOf(parts)]) assert.ok(Number.isFinite(loss));
      const warning = /^train\.gradientAccumulation 2 takes .+ of each micro-batch of 1 samples/;
      assert.equal(warningsOf(parts).some((message) => warning.test(message)), !isPixelMean);
      assert.ok(!warningsOf(whole).some((message) => warning.test(message)));
    });
  }

  test("train() in mixed precision takes every loss as f32 does", { skip }, async () => {
    const terms = segmentationLosses.names.map((name) => (
      { name, weight: name === "l1" ? 1e-4 : 1 }
    ));
    const common = { "loss.terms": terms, "train.maxSteps": 2, "adversarial.enabled": false };
    const full = lossesOf(await eventsOf(common));
    const mixed = { backend: "webgpu", "train.precision": "mixed" };
    const half = lossesOf(await eventsOf({ ...common, ...mixed }));
    for (const [i, loss] of half.entries()) {
      assert.ok(Math.abs(loss - full[i]!) < 1e-2 * Math.abs(full[i]!), `${half} ${full}`);
    }
  });

  test("train() takes the class weights that inspect data prints", async () => {
    const source = { reader: "fixtures", dir: null, splits: ["train"] };
    const { weights } = await inspectData(source);
    for (
      const [choice, expected] of Object.entries({
        enet: weights.enet,
        "median-frequency": weights.medianFrequency,
      })
    ) {
      const events = await eventsOf({ "loss.classWeights": choice, "train.maxSteps": 1 });
      assert.deepEqual(weightsOf(events), [expected]);
    }
    const plain = await eventsOf({ "train.maxSteps": 1 });
    const weighted = await eventsOf({ "loss.classWeights": [1, 0, 9, 1, 2], "train.maxSteps": 1 });
    assert.deepEqual([...weightsOf(plain), ...weightsOf(weighted)], [undefined, [1, 0, 9, 1, 2]]);
    assert.notEqual(lossesOf(plain)[0], lossesOf(weighted)[0]);
  });

  test("resumeTraining() goes on with the class counts that the run kept", async () => {
    const out = join(await temporaryFolder(), "run");
    const first = await eventsOf({ "loss.classWeights": "enet", "train.maxSteps": 1 }, out);
    const path = join(out, "class-counts.json");
    const counts = JSON.parse(await readFile(path, "utf8"));
    const resume = async (maxSteps: number): Promise<TrainEvent[]> => {
      const events: TrainEvent[] = [];
      const onEvent = (event: TrainEvent) => void events.push(event);
      await resumeTraining(out, { overrides: [`train.maxSteps=${maxSteps}`], onEvent });
      return events;
    };
    assert.deepEqual(weightsOf(await resume(2)), weightsOf(first));
    await writeFile(path, JSON.stringify({ ...counts, pixels: [7, 2, 1, 0, 0] }));
    const [kept] = weightsOf(await resume(3));
    assert.ok(Math.abs(kept![0]! - 1.843915) < 1e-6, `counted anew: ${kept}`);
    await writeFile(path, "{");
    assert.deepEqual(weightsOf(await resume(4)), weightsOf(first));
    assert.deepEqual(JSON.parse(await readFile(path, "utf8")), counts);
  });

  test("train() repeats images of rare classes with data.oversample, and resumes bit-identically", async () => {
    const out = join(await temporaryFolder(), "run");
    const balanced = { "data.oversample": 1, "data.maxClassShare": 0.75, "train.epochs": 1 };
    const whole = await eventsOf({ ...balanced, "train.maxSteps": 5 });
    const plain = await eventsOf({ "train.epochs": 1, "train.maxSteps": 5 });
    assert.notDeepEqual(lossesOf(whole), lossesOf(plain));
    await eventsOf({ ...balanced, "train.maxSteps": 2 }, out);
    const path = join(out, "class-counts.json");
    const { classesOf } = JSON.parse(await readFile(path, "utf8"));
    assert.equal(classesOf.length, 24);
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent) => void events.push(event);
    await resumeTraining(out, { overrides: ["train.maxSteps=5"], onEvent });
    assert.deepEqual(lossesOf(events), lossesOf(whole).slice(2));
  });

  test("train() refuses class weights that fit neither the data nor the terms, in one line", async () => {
    await assert.rejects(eventsOf({ "loss.classWeights": [1, 2] }), (error: Error) => {
      assert.match(error.message, /^Cannot weigh 5 classes by 2 numbers: loss\.classWeights/);
      return !error.message.includes("\n");
    });
    const wrong: [unknown, RegExp][] = [
      ["rare", /loss\.classWeights: expected none, median-frequency, enet or a list of numbers/],
      [[0, 0, 0], /loss\.classWeights: expected at least one weight above 0, got \[0,0,0\]/],
      [
        [1, -1, 1],
        /loss\.classWeights\[1\]: expected a number of at least 0, got -1/,
      ],
    ];
    for (const [classWeights, message] of wrong) {
      await assert.rejects(eventsOf({ "loss.classWeights": classWeights }), message);
    }
    await assert.rejects(
      eventsOf({ "loss.classWeights": "enet", "loss.terms": [{ name: "dice" }] }),
      /loss\.classWeights: expected none, as no term of loss\.terms takes class weights, got "enet"/,
    );
  });
});
