import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import process from "node:process";
import { describe, test } from "node:test";
import { randomStream } from "../../lib/util/random.ts";
import { formatSweepTable } from "../../lib/sweep/format_sweep_table.ts";
import { runTrial } from "../../lib/sweep/run_trial.ts";
import { readResults, readSweep, sweepStatus, trialPaths } from "../../lib/sweep/sweep_folder.ts";
import { sweepTable } from "../../lib/sweep/sweep_table.ts";
import { tinySweep } from "../support/tiny_sweep.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

async function tableOf(folder: string): Promise<string> {
  const plan = await readSweep(folder);
  return formatSweepTable(sweepTable(plan, await readResults(folder, plan)), "csv");
}

async function hashesOf(folder: string): Promise<(string | null)[]> {
  const results = await readResults(folder, await readSweep(folder));
  return [...results.values()].map(({ weightsSha256 }) => weightsSha256);
}

describe("runTrial()", () => {
  test("runTrial() gives the table of an uninterrupted sweep after ten random interruptions", async () => {
    const calm = await tinySweep(temporaryFolder());
    for (let index = 0; index < 6; index++) {
      assert.equal(await runTrial({ folder: calm, index }), "finished");
    }
    const stormy = await tinySweep(temporaryFolder());
    const random = randomStream(6, "interruptions");
    for (let i = 0; i < 10; i++) {
      const controller = new AbortController();
      const last = 1 + Math.floor(random.uniform() * 11);
      const outcome = await runTrial({ folder: stormy, index: Math.floor(random.uniform() * 6) }, {
        signal: controller.signal,
        onEvent: (event) => event.type === "step" && event.step >= last && controller.abort(),
      });
      assert.ok(["interrupted", "finished", "already-finished"].includes(outcome), outcome);
    }
    for (let index = 0; index < 6; index++) await runTrial({ folder: stormy, index });
    assert.equal(await tableOf(stormy), await tableOf(calm));
    const hashes = await hashesOf(calm);
    assert.deepEqual(await hashesOf(stormy), hashes);
    assert.equal(new Set(hashes).size, 6, "all runs differ");
  });

  test("runTrial() leaves a failed trial as failed, with the reason, until it is tried again", async () => {
    const folder = await tinySweep(temporaryFolder());
    const [, , trial] = (await readSweep(folder)).trials;
    const { config, failure } = trialPaths(folder, trial!.id);
    const planned = await readFile(config, "utf8");
    await writeFile(config, planned.replace("valSplit: val", "valSplit: none"));
    await assert.rejects(runTrial({ folder, index: 2 }), /none/);
    const status = async () => (await sweepStatus(folder))[2]!;
    assert.equal((await status()).state, "failed");
    assert.match((await status()).failure!, /^Cannot open split "none" of fixtures: there is none/);
    await writeFile(failure, "bad \u001b[31mname");
    assert.equal((await status()).failure, "bad \\u001b[31mname");
    await writeFile(config, planned);
    assert.equal(await runTrial({ folder, index: 2 }), "finished");
    const { state, failure: none } = await status();
    assert.deepEqual([state, none, existsSync(failure)], ["finished", null, false]);
  });

  test("runTrial() never runs a finished trial again", async () => {
    const folder = await tinySweep(temporaryFolder());
    await runTrial({ folder, index: 0 });
    const plan = await readSweep(folder);
    const { result, lock } = trialPaths(folder, plan.trials[0]!.id);
    const before = await readFile(result, "utf8");
    let events = 0;
    const outcome = await runTrial({ folder, index: 0 }, { onEvent: () => events++ });
    assert.equal(outcome, "already-finished");
    assert.equal(events, 0);
    assert.equal(await readFile(result, "utf8"), before);
    assert.ok(!existsSync(lock));
  });

  test("runTrial() leaves a trial alone that a live worker has, and takes over from a dead one", async () => {
    const folder = await tinySweep(temporaryFolder());
    const plan = await readSweep(folder);
    const { lock } = trialPaths(folder, plan.trials[0]!.id);
    const since = "2026-01-01T00:00:00Z";
    const owner = { host: hostname(), pid: process.ppid, since, system: false };
    const states = async () => (await sweepStatus(folder)).map(({ state }) => state);

    await writeFile(lock, JSON.stringify(owner));
    assert.equal(await runTrial({ folder, index: 0 }), "busy");
    assert.equal((await states())[0], "running");

    await writeFile(lock, JSON.stringify({ ...owner, host: "elsewhere" }));
    assert.equal(await runTrial({ folder, index: 0 }), "busy");
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(lock, longAgo, longAgo);
    const { run } = trialPaths(folder, plan.trials[0]!.id);
    await mkdir(run);
    await writeFile(`${run}/run.lock`, JSON.stringify({ ...owner, host: "elsewhere" }));
    assert.equal(await runTrial({ folder, index: 0 }), "finished");

    const second = trialPaths(folder, plan.trials[1]!.id).lock;
    await writeFile(second, JSON.stringify({ ...owner, pid: 2 ** 22 + 1 }));
    assert.equal(await runTrial({ folder, index: 1 }), "finished");
    assert.deepEqual((await states()).slice(0, 3), ["finished", "finished", "waiting"]);
    assert.deepEqual((await readdir(`${folder}/runs`)).filter((name) => name.endsWith("lock")), []);
  });

  test("runTrial() keeps a run whose loss is no number as diverged", async () => {
    const folder = await tinySweep(
      temporaryFolder(),
      "preset: fixtures\nset: { backend: wasm, threads: 1, model.width: 0.03, data.crop: [32, 32] }\n" +
        "trials: [{ optimizer.lr: 1e30 }]\n",
    );
    assert.equal(await runTrial({ folder, index: 0 }), "finished");
    assert.equal((await sweepStatus(folder))[0]!.state, "diverged");
    assert.equal(await runTrial({ folder, index: 0 }), "already-finished");
    const plan = await readSweep(folder);
    const text = formatSweepTable(sweepTable(plan, await readResults(folder, plan)), "md");
    assert.match(text, /the loss was no number with seed 1/);
  });

  test("runTrial() does not count a run that failed as finished", async () => {
    const folder = await tinySweep(
      temporaryFolder(),
      "preset: fixtures\nset: { backend: wasm, data.valSplit: nope }\ntrials: [{ optimizer.weightDecay: 0.1 }]\n",
    );
    await assert.rejects(runTrial({ folder, index: 0 }), /nope/);
    assert.equal((await sweepStatus(folder))[0]!.result, null);
    await assert.rejects(runTrial({ folder, index: 1 }), /Cannot run trial 1 .* numbered from 0/);
    await rm(folder, { recursive: true });
    await assert.rejects(runTrial({ folder, index: 0 }), /there is no sweep\.json; plan one first/);
  });
});
