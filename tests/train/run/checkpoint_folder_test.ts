import assert from "node:assert/strict";
import { readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { defaultConfig } from "../../../lib/config/mod.ts";
import { versions } from "../../../lib/util/version.ts";
import { CheckpointFolder } from "../../../lib/train/run/checkpoint_folder.ts";
import type { RunState } from "../../../lib/train/run/checkpoint.ts";
import type { RunProvenance } from "../../../lib/train/run/provenance.ts";
import type { RunScores } from "../../../lib/train/events.ts";
import type { StateTensor } from "../../../lib/train/run/state_tensors.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const split = {
  classes: [],
  ignoreLabel: 255,
  samples: 1,
  idsSha256: "",
  files: null,
  hashes: ["0".repeat(16)],
};
const provenance: RunProvenance = {
  config: defaultConfig(),
  versions: versions(),
  backend: { name: "wasm", build: "test" },
  data: { classes: [], train: split, validation: split },
};

function contentAt(step: number, bestStep: number | null = null, tensors: StateTensor[] = []) {
  const best = bestStep === null ? null : { step: bestStep } as RunScores;
  const state: RunState = {
    ...{ step, epoch: 1, epochStep: step, best, last: null, rollbacks: 0, seconds: 0 },
    ...{ updates: { segmentation: step, discriminator: step }, eventBytes: 0 },
  };
  return { state, provenance, tensors, checkErrors() {} };
}

function newFolder(): { path: string; folder: CheckpointFolder } {
  const path = join(temporaryFolder(), "checkpoint");
  return { path, folder: new CheckpointFolder(path) };
}

async function stepsIn(path: string): Promise<number[]> {
  return (await readdir(path)).map((name) => Number(/\d+/.exec(name))).sort((a, b) => a - b);
}

describe("CheckpointFolder", () => {
  test("CheckpointFolder.write() keeps the last few and the best epoch's", async () => {
    const { path, folder } = newFolder();
    for (let step = 1; step <= 7; step++) {
      await folder.write(contentAt(step, step >= 3 ? 3 : null), { keep: 2 });
    }
    assert.deepEqual(await stepsIn(path), [3, 6, 7]);
    await folder.write(contentAt(8, 8), { keep: 2 });
    assert.deepEqual(await stepsIn(path), [7, 8]);
  });

  test("CheckpointFolder.newest() finds the newest that is whole", async () => {
    const { path, folder } = newFolder();
    assert.deepEqual(await folder.newest(), { checkpoint: null, damaged: [] });
    for (const step of [1, 2, 10]) await folder.write(contentAt(step), { keep: 9 });
    await truncate(join(path, "step-000000010.safetensors"), 50);
    await writeFile(join(path, "step-99.safetensors"), "not a name of ours");
    const { checkpoint, damaged } = await folder.newest();
    assert.equal(checkpoint!.state.step, 2);
    await checkpoint!.close();
    assert.equal(damaged.length, 1);
    assert.match(damaged[0]!, /step-000000010.*cut short/);
  });

  test("CheckpointFolder.write() looks for room before it writes", async () => {
    const { path, folder } = newFolder();
    await folder.write(contentAt(1), { keep: 1 });
    const huge: StateTensor = {
      name: "w",
      shape: [2 ** 20, 2 ** 28],
      value: () => assert.fail("was read"),
      assign() {},
    };
    await assert.rejects(
      folder.write(contentAt(2, null, [huge]), { keep: 1 }),
      /Cannot write a checkpoint to .*: it needs 1073741824\.1 MiB and \S+ MiB are free/,
    );
    assert.deepEqual(await stepsIn(path), [1]);
  });

  test("CheckpointFolder.write() does not bring back a run that was taken away", async () => {
    const { path, folder } = newFolder();
    await rm(join(path, ".."), { recursive: true });
    await assert.rejects(folder.write(contentAt(1), { keep: 1 }), /the folder .* does not exist/);
  });
});
