import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { test } from "node:test";
import { readSweep, trialPaths } from "../../lib/sweep/sweep_folder.ts";
import { sweepStatus } from "../../lib/sweep/sweep_status.ts";
import { tinySweep } from "./_tiny_sweep.ts";

test("sweepStatus tells a run that was begun from one that was not", async () => {
  const folder = await tinySweep();
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
