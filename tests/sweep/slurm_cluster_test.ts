import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readResults, readSweep, trialPaths } from "../../lib/sweep/sweep_folder.ts";
import { runHere } from "../cli/_terminal.ts";
import { slurmSkip, until, withCluster } from "./_slurm_cluster.ts";
import { TINY_GRID } from "./_tiny_sweep.ts";

/** Runs long enough to be killed in the middle. */
const GRID = TINY_GRID.replace("[0.5, 2]", "[0.5]").replace("epochs: 1,", "epochs: 12,");

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

test(
  "slurmScripts run a sweep on two nodes, one killed with -9 in the middle, as one machine does",
  {
    skip: slurmSkip,
    timeout: 170_000,
  },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "segadv-sweep-"));
    await writeFile(join(folder, "grid.yaml"), GRID);
    const [local, cluster] = [join(folder, "local"), join(folder, "cluster")];
    for (const dir of [local, cluster]) {
      assert.equal((await runHere("sweep", "plan", join(folder, "grid.yaml"), "-o", dir)).code, 0);
    }
    assert.equal((await runHere("sweep", "slurm", cluster)).code, 0);
    const { trials } = await readSweep(cluster);

    await withCluster(async ({ run, killNode, startNode, logs }) => {
      try {
        assert.match(
          run("bash", join(cluster, "slurm", "submit.sh")),
          /^trials: job \d+, table: job/,
        );
        const onSecond = (): string[] =>
          run("squeue", "-h", "-t", "R", "-w", "n2", "-o", "%a_%K %K").trim().split("\n");
        let victim: string | undefined;
        await until(async () => {
          const index = Number(onSecond()[0]?.split(" ")[1]);
          victim = Number.isInteger(index) ? trials[index]?.id : undefined;
          return victim !== undefined && await stepsOf(trialPaths(cluster, victim).run) > 30;
        }, 60);
        killNode("n2");
        assert.ok(!existsSync(trialPaths(cluster, victim!).result), "killed in the middle");
        await new Promise((resolve) => setTimeout(resolve, 2000));
        startNode("n2");
        await until(() => {
          // Slurm holds a job back for two minutes after its node died
          const held = run("squeue", "-h", "-t", "PD", "-o", "%i %r").split("\n")
            .filter((line) => line.endsWith("BeginTime"));
          for (const line of held) {
            run("scontrol", "update", `JobId=${line.split(" ")[0]}`, "StartTime=now");
          }
          return existsSync(join(cluster, "table.csv"));
        }, 120);
        const log = await readFile(join(trialPaths(cluster, victim!).run, "events.jsonl"), "utf8");
        assert.match(log, /"type":"resume"/, "the killed trial went on from its checkpoint");
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
