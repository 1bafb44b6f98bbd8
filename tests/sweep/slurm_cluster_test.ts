import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readResults, readSweep, trialPaths } from "../../lib/sweep/sweep_folder.ts";
import { runHere } from "../support/cli_terminal.ts";
import { longSkip } from "../support/long_test.ts";
import { slurmSkip, until, withCluster } from "./_slurm_cluster.ts";
import { TINY_GRID } from "../support/tiny_sweep.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** Three runs, long enough to be stopped in the middle. */
const GRID = TINY_GRID.replace("[1, 2]", "[1]").replace("epochs: 1 ", "epochs: 32 ");

/** What a sweep came to: its table and the hashes of all its networks. */
async function outcome(folder: string): Promise<unknown> {
  const { out } = await runHere("sweep", "table", folder, "--format", "csv");
  const results = await readResults(folder, await readSweep(folder));
  return { out, hashes: [...results.values()].map(({ weightsSha256 }) => weightsSha256) };
}

/** Steps that a run's log tells of. */
async function stepsOf(run: string): Promise<number> {
  const text = await readFile(join(run, "events.jsonl"), "utf8").catch(() => "");
  return text.split('"type":"step"').length - 1;
}

/** What Slurm wrote of a task of the array. */
async function logOf(sweep: string, index: number): Promise<string> {
  const names = await readdir(join(sweep, "slurm"));
  const name = names.find((one) => one.endsWith(`_${index}.log`));
  return name === undefined ? "" : await readFile(join(sweep, "slurm", name), "utf8");
}

test(
  "slurmScripts() run a sweep on two nodes, one pre-empted, one killed with -9, as one machine does",
  {
    skip: longSkip || slurmSkip,
    timeout: 600_000,
  },
  async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, "grid.yaml"), GRID);
    const [local, cluster] = [join(folder, "local"), join(folder, "cluster")];
    for (const dir of [local, cluster]) {
      assert.equal((await runHere("sweep", "plan", join(folder, "grid.yaml"), "-o", dir)).code, 0);
    }
    assert.equal((await runHere("sweep", "slurm", cluster)).code, 0);
    const { trials } = await readSweep(cluster);
    const runOf = (index: number): string => trialPaths(cluster, trials[index]!.id).run;

    await withCluster(async ({ run, killNode, startNode, logs }) => {
      /** The trial that a node works on, once it is well under way. */
      const underWay = async (node: string): Promise<number> => {
        let index = NaN;
        await until(async () => {
          const running = run("squeue", "-h", "-t", "R", "-w", node, "-o", "%K").trim();
          index = running === "" ? NaN : Number(running);
          return trials[index] !== undefined && await stepsOf(runOf(index)) > 6;
        }, 240);
        return index;
      };
      try {
        assert.match(
          run("bash", join(cluster, "slurm", "submit.sh")),
          /^trials: job \d+, table: job/,
        );
        const [preempted, killed] = [await underWay("n1"), await underWay("n2")];
        run(
          "sbatch",
          "--partition=urgent",
          "--nodelist=n1",
          "--output=/dev/null",
          "--wrap=sleep 1",
        );
        killNode("n2");
        for (const index of [preempted, killed]) {
          const { result } = trialPaths(cluster, trials[index]!.id);
          assert.ok(!existsSync(result), "stopped in the middle");
        }
        await until(async () => /interrupted/.test(await logOf(cluster, preempted)), 120);
        startNode("n2");
        await until(() => {
          // Slurm holds a job back for two minutes after its node died
          const held = run("squeue", "-h", "-t", "PD", "-o", "%i %r").split("\n")
            .filter((line) => line.endsWith("BeginTime"));
          for (const line of held) {
            run("scontrol", "update", `JobId=${line.split(" ")[0]}`, "StartTime=now");
          }
          return existsSync(join(cluster, "table.csv"));
        }, 300);
        for (const index of [preempted, killed]) {
          const log = await readFile(join(runOf(index), "events.jsonl"), "utf8");
          assert.match(log, /"type":"resume"/, `trial ${index} went on from its checkpoint`);
        }
      } catch (error) {
        throw new Error(`${error}\n${run("squeue")}\n${await logs()}`, { cause: error });
      }
    });
    assert.equal((await runHere("sweep", "run", local)).code, 0);
    assert.deepEqual(await outcome(cluster), await outcome(local));
    const { out } = await runHere("sweep", "table", local, "--format", "csv");
    assert.equal(await readFile(join(cluster, "table.csv"), "utf8"), out);
  },
);
