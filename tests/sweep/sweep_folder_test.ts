import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseGrid } from "../../lib/sweep/grid.ts";
import { planSweep } from "../../lib/sweep/plan_sweep.ts";
import {
  readResults,
  readSweep,
  readTrialConfig,
  sweepStatus,
  trialPaths,
  writeSweep,
} from "../../lib/sweep/sweep_folder.ts";
import { TINY_GRID, tinySweep } from "../support/tiny_sweep.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

describe("writeSweep()", () => {
  test("writeSweep() keeps plan and configurations to the last digit", async () => {
    const planned = await planSweep(parseGrid(TINY_GRID, "tiny.yaml"));
    const folder = await tinySweep(temporaryFolder());
    const plan = await readSweep(folder);
    assert.deepEqual(plan, planned.plan);
    for (const trial of plan.trials) {
      assert.deepEqual(await readTrialConfig(folder, trial), planned.configs[trial.index]);
    }
  });

  test("writeSweep() over an older plan keeps the results that both have", async () => {
    const folder = await tinySweep(temporaryFolder());
    const before = await readSweep(folder);
    const { result } = trialPaths(folder, before.trials[3]!.id);
    await writeFile(result, "{}");
    const more = TINY_GRID.replace("[1, 2]", "[1, 2, 3]").replace("[0.5, 2]", "[0.5, 4]");
    assert.equal(await writeSweep(folder, await planSweep(parseGrid(more, "tiny.yaml"))), 1);
    const after = await readSweep(folder);
    assert.equal(after.trials.length, 9);
    assert.deepEqual([...(await readResults(folder, after)).keys()], [before.trials[3]!.id]);
  });
});

describe("readSweep()", () => {
  test("readSweep() takes no plan whose trials would be written elsewhere, and no other JSON", async () => {
    const folder = await tinySweep(temporaryFolder());
    const { trials: [trial], ...plan } = await readSweep(folder);
    const file = join(folder, "sweep.json");
    for (const id of ["../../.ssh/config", "/etc/x", "a/b", "a\\b", "", "..", "a\0", 7, null]) {
      await writeFile(file, JSON.stringify({ ...plan, trials: [{ ...trial, id }] }));
      await assert.rejects(
        readSweep(folder),
        /Cannot read .*json: .* is no name of a trial/,
        `${id}`,
      );
    }
    for (
      const text of [
        "null",
        "7",
        "[]",
        "{}",
        '{"trials":5}',
        '{"trials":[null],"conditions":[],"seeds":[]}',
        "{",
      ]
    ) {
      await writeFile(file, text);
      await assert.rejects(readSweep(folder), /^SyntaxError: Cannot read .*sweep\.json: /, text);
    }
  });
});

test("sweepStatus() tells a run that was begun from one that was not", async () => {
  const folder = await tinySweep(temporaryFolder());
  const { trials } = await readSweep(folder);
  await mkdir(trialPaths(folder, trials[2]!.id).run);
  const states = await sweepStatus(folder);
  assert.deepEqual(states.map(({ state }) => state), [
    "waiting",
    "waiting",
    "interrupted",
    "waiting",
    "waiting",
    "waiting",
  ]);
  assert.equal(states[2]!.name, "tg=0.5");
});
