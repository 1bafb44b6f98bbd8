import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { TINY_GRID } from "../../support/tiny_sweep.ts";
import { runProcess } from "../../support/cli_process.ts";
import { runHere } from "../../support/cli_terminal.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** Two trials, two seeds. */
const GRID = TINY_GRID.replace("[0.5, 2]", "[2]");

/** Plans the grid in a folder and gives the sweep's. */
async function planned(folder: string): Promise<string> {
  await writeFile(join(folder, "grid.yaml"), GRID);
  const out = join(folder, "sweep");
  const { code, err } = await runHere("sweep", "plan", join(folder, "grid.yaml"), "-o", out);
  assert.equal(code, 0, err);
  return out;
}

describe("segadv sweep", () => {
  test("segadv sweep plans, runs in processes, and makes the same table as in sequence", async () => {
    const folder = temporaryFolder();
    const dir = await planned(folder);
    const run = await runProcess(["sweep", "run", dir, "--jobs", "2"]);
    assert.equal(run.code, 0, run.err);
    assert.match(run.out, /all 4 trials finished/);
    const pool = await runHere("sweep", "table", dir, "--format", "csv");
    assert.equal(pool.out.trim().split("\n").length, 3);

    const again = join(folder, "again");
    await runHere("sweep", "plan", join(folder, "grid.yaml"), "-o", again);
    assert.equal((await runHere("sweep", "run", again)).code, 0);
    assert.equal((await runHere("sweep", "table", again, "--format", "csv")).out, pool.out);

    const status = await runHere("sweep", "status", dir);
    assert.match(status.out, /4 of 4 finished/);
    const replanned = await runHere("sweep", "plan", join(folder, "grid.yaml"), "-o", dir);
    assert.match(replanned.out, /planned 4 trials \(2 x 2 seeds\), 4 already finished/);
    assert.match(replanned.err, /warning: with 2 seeds no exact test can reach 5 %/);
  });

  test("segadv sweep table compares with any trial, and puts several sweeps under one head", async () => {
    const folder = temporaryFolder();
    const [one, two] = [await planned(folder), join(folder, "two")];
    await runHere("sweep", "plan", join(folder, "grid.yaml"), "-o", two);
    const csv = await runHere("sweep", "table", one, two, "--format", "csv");
    assert.deepEqual(csv.out.trim().split("\n").map((line) => line.split(",")[1]), [
      ...["trial", "Baseline", "tg=2", "Baseline", "tg=2"],
    ]);
    assert.match((await runHere("sweep", "table", one, "--against", "tg=2")).out, /\| tg=2 \|/);
    const wrong = await runHere("sweep", "table", one, "--against", "tg=3");
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /There is no trial "tg=3" in tiny; did you mean "tg=2"\?/);
  });

  test("segadv sweep run ends at a signal with word of how to go on, and goes on", async () => {
    const folder = temporaryFolder();
    const dir = await planned(folder);
    const stopped = await runProcess(["sweep", "run", dir], {
      interruptAfter: "seed 1: finished",
    });
    assert.equal(stopped.code, 130);
    assert.match(
      stopped.out,
      /\d trials of 4 not finished\ninterrupted; go on with\n.* sweep run /,
    );
    const status = JSON.parse((await runHere("sweep", "status", dir, "--json")).out);
    assert.equal(status[0].state, "finished");
    assert.match((await runHere("sweep", "run", dir)).out, /all 4 trials finished/);
  });

  test("segadv sweep run takes its index from the cluster's engine", async () => {
    const folder = temporaryFolder();
    const dir = await planned(folder);
    for (
      const [name, index] of [["SLURM_ARRAY_TASK_ID", 1], ["JOB_COMPLETION_INDEX", 3]] as const
    ) {
      const env = { [name]: String(index) };
      const first = await runProcess(["sweep", "run", dir], { env });
      assert.match(first.out, new RegExp(`^trial ${index}: finished`));
      const second = await runProcess(["sweep", "run", dir], { env });
      assert.match(second.out, /already finished/);
    }
    const trials = JSON.parse((await runHere("sweep", "status", dir, "--json")).out);
    assert.deepEqual(trials.map(({ state }: { state: string }) => state), [
      "waiting",
      "finished",
      "waiting",
      "finished",
    ]);
  });

  test("segadv sweep plan refuses a wrong grid with file and line, as a mistake in usage", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "grid.yaml");
    const out = join(folder, "sweep");
    for (
      const [from, to, message] of [
        [
          "adversarial.tg:",
          "adversarial.tgg:",
          /error: .*grid\.yaml:14:21 adversarial\.tgg: unknown key/,
        ],
        ["[0.5, 2]", "[]", /grid\.yaml:14:19: adversarial\.tg is empty/],
        ["[0.5, 2]", "[2, 2.0]", /grid\.yaml:14:23: tg=2 means the same as tg=2/],
      ] as const
    ) {
      await writeFile(path, TINY_GRID.replace(from, to));
      const { code, err } = await runHere("sweep", "plan", path, "-o", out);
      assert.equal(code, 2);
      assert.match(err, message);
      assert.ok(!existsSync(out));
    }
    assert.equal((await runHere("sweep", "plan", "-o", out)).code, 2);
    assert.equal((await runHere("sweep", "plan", join(folder, "no.yaml"), "-o", out)).code, 2);
  });

  test("segadv sweep plan takes a table of the thesis, on its own data or on another's", async () => {
    const folder = temporaryFolder();
    const out = join(folder, "sweep");
    const args = ["sweep", "plan", "--thesis", "table-4-4-fcn8s-voc", "-o", out];
    assert.equal((await runHere(...args, "--data", folder, "--seeds", "2")).code, 0);
    assert.match(
      (await runHere("sweep", "table", out)).out,
      /\| T_g = 0\.5 \| 0 \| – \| – \| 92\.90\/69\.82 \(\+1\.68\) \|/,
    );
    assert.equal(
      (await runHere(...args, "--preset", "fixtures", "--set", "train.epochs=2")).code,
      0,
    );
    const text = (await runHere("sweep", "table", out)).out;
    assert.match(text, /T_g = 0\.5/);
    assert.doesNotMatch(text, /69\.82/, "published numbers belong to the published data");
    assert.match((await runHere("sweep", "presets")).out, /table-4-2-fcn8s-voc /);
  });

  test("segadv sweep slurm and sweep kubernetes write what starts every trial", async () => {
    const folder = temporaryFolder();
    const dir = await planned(folder);
    const slurm = await runHere("sweep", "slurm", dir, "--partition", "debug", "--gres", "gpu:1");
    assert.equal(slurm.code, 0, slurm.err);
    const array = await readFile(join(dir, "slurm", "array.sh"), "utf8");
    assert.match(array, /^#SBATCH --array=0-3$/m);
    const args = ["--image", "deno", "--claim", "data", "--gpus", "1"];
    const manifest = await runHere("sweep", "kubernetes", dir, ...args);
    assert.equal(parse(manifest.out).spec.completions, 4);
  });
});
