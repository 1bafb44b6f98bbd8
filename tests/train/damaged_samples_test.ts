import assert from "node:assert/strict";
import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Config } from "../../lib/config/mod.ts";
import type { TrainEvent } from "../../lib/train/events.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { train } from "../../lib/train/run/train.ts";
import { labels, picture, withFiles } from "../support/dataset_folder.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { config } from "../support/config.ts";

const temporaryFolder = temporaryFolders();

/** Nine training samples, of which the third has a truncated image, and one to validate on. */
async function withDamage(use: (dir: string) => Promise<void>): Promise<void> {
  const files: Record<string, Uint8Array | object> = { "classes.json": { classes: ["a", "b"] } };
  for (let i = 0; i < 10; i++) {
    const split = i < 9 ? "train" : "val";
    files[`${split}/images/${i}.png`] = picture(40, 36, 80 + i);
    files[`${split}/labels/${i}.png`] = labels(40, 36, { values: [0, 1, 1] });
  }
  await withFiles(files, async (dir) => {
    await truncate(join(dir, "train/images/3.png"), 100);
    await use(dir);
  });
}

function runConfig(dir: string, ...overrides: string[]): Promise<Config> {
  return config(
    "data.batch=3",
    "train.epochs=2",
    "schedule.warmupEpochs=0",
    "data.dataset=folder",
    `data.dir=${dir}`,
    ...overrides,
  );
}

test("train() ends before the first step at a damaged file, and names it", async () => {
  await withDamage(async (dir) => {
    await assert.rejects(async () => train(await runConfig(dir)), {
      name: "DamagedFileError",
      message: /^Cannot decode PNG ".*train.images.3\.png": file truncated/,
    });
  });
});

test("train() skips, names and counts a damaged sample, and resumes bit-identically", async () => {
  await withDamage(async (dir) => {
    const skipping = await runConfig(dir, "data.onCorrupt=skip", "data.workers=1");
    const events: TrainEvent[] = [];
    const whole = await train(skipping, { onEvent: (event) => events.push(event) });
    const warnings = events.filter((event) => event.type === "warning")
      .map(({ message }) => message).filter((message) => message.startsWith("left out"));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /^left out sample "3": .*train.images.3\.png": file truncated/);
    const end = events.at(-1);
    assert.equal(end?.type === "end" && end.skipped, 1);
    assert.equal(whole.steps, 6);

    const out = join(temporaryFolder(), "run");
    const abort = new AbortController();
    const stopped = await train(skipping, {
      out,
      signal: abort.signal,
      onEvent: (event) => event.type === "step" && event.step === 2 && abort.abort(),
    });
    assert.deepEqual([stopped.reason, stopped.steps], ["aborted", 2]);
    const resumed = await resumeTraining(out);
    assert.equal(resumed.weightsSha256, whole.weightsSha256);
    const main = await train({ ...skipping, data: { ...skipping.data, workers: 0 } });
    assert.equal(main.weightsSha256, whole.weightsSha256);
  });
});
