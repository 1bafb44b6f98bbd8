import assert from "node:assert/strict";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TrainResult } from "../../../lib/train/events.ts";
import { readRun } from "../../../lib/train/run/read_run.ts";
import { resumeTraining } from "../../../lib/train/run/resume.ts";
import { train } from "../../../lib/train/run/train.ts";
import { config } from "../../support/config.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** Epochs of six steps, each validated; a score that does not rise twice ends the run. */
const WANTED = [
  "data.batch=4",
  "train.epochs=4",
  "schedule.warmupEpochs=0",
  "validation.every=1",
  "validation.patience=2",
];

/** What must not depend on where a run has stopped. */
async function outcome(out: string, result: TrainResult): Promise<object> {
  const { steps, best, last, weightsSha256, reason } = result;
  const { validations, steps: logged } = await readRun(out);
  const network = (await readdir(join(out, "best"))).sort(); // weights are named by their hash
  const log = [logged.map(({ step }) => step), validations.map(({ step, best }) => [step, best])];
  return { steps, best, last, weightsSha256, reason, network, log };
}

describe("a run that train.maxSteps stops inside an epoch", () => {
  test("resumeTraining() ends bit-identical to one go, patience and best network too", async () => {
    const whole = join(temporaryFolder(), "run");
    const expected = await outcome(whole, await train(await config(...WANTED), { out: whole }));
    for (const stops of [[3], [9, 11], [14, 20]]) {
      const out = join(temporaryFolder(), "run");
      let overrides = [`train.maxSteps=${stops[0]}`];
      await train(await config(...WANTED, ...overrides), { out });
      for (const stop of stops.slice(1)) {
        overrides = [`train.maxSteps=${stop}`];
        await resumeTraining(out, { overrides });
      }
      const result = await resumeTraining(out, { overrides: ["train.maxSteps=null"] });
      assert.deepEqual(await outcome(out, result), expected, `stopped at ${stops}`);
    }
  });

  test("resumeTraining() takes back a best network that the stop inside an epoch has saved", async () => {
    const whole = join(temporaryFolder(), "run");
    const expected = await outcome(whole, await train(await config(...WANTED), { out: whole }));
    for (const stop of [5, 9]) {
      const out = join(temporaryFolder(), "run");
      await train(await config(...WANTED, `train.maxSteps=${stop}`), { out });
      // As if its score were the best one
      const path = join(out, "metrics.json");
      const { last } = JSON.parse(await readFile(path, "utf8"));
      await writeFile(path, JSON.stringify({ best: last, last }));
      await rm(join(out, "best"), { recursive: true });
      await cp(join(out, "model"), join(out, "best"), { recursive: true });
      const result = await resumeTraining(out, { overrides: ["train.maxSteps=null"] });
      assert.deepEqual(await outcome(out, result), expected, `stopped at ${stop}`);
    }
  });
});
