import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import type { SweepPlan, Trial } from "../../lib/sweep/plan_sweep.ts";
import { slurmScripts } from "../../lib/sweep/slurm_scripts.ts";

function trial(index: number): Trial {
  return { index, id: `${index}`, arm: "a", seed: index };
}
const plan: SweepPlan = {
  name: "t",
  score: "last",
  seeds: [0, 1],
  arms: [],
  trials: [trial(0), trial(1)],
};
const options = { folder: "/data/it's", command: ["deno", "run", "-A", "x y.ts"], cwd: "/home" };

describe("slurmScripts", () => {
  test("slurmScripts says what was asked for and leaves the rest to the cluster", () => {
    const usual = slurmScripts(plan, { ...options, folder: "/data" }).array;
    assert.doesNotMatch(usual, /partition|--time|gres/);
    const { array, summary } = slurmScripts(plan, {
      ...options,
      folder: "/data",
      partition: "gpu",
      time: "1:00:00",
      gres: "gpu:1",
      parallel: 3,
    });
    for (const line of ["--array=0-1%3", "--partition=gpu", "--time=1:00:00", "--gres=gpu:1"]) {
      assert.ok(array.includes(`#SBATCH ${line}\n`), line);
    }
    assert.ok(array.includes("#SBATCH --requeue\n"));
    assert.ok(summary.includes("#SBATCH --partition=gpu\n"));
    assert.doesNotMatch(summary, /gres|--time/);
  });

  test("slurmScripts are scripts that bash can read", () => {
    for (const text of Object.values(slurmScripts(plan, { ...options, folder: "/data" }))) {
      execFileSync("bash", ["-n"], { input: text });
    }
  });

  test("slurmScripts refuses a path that an #SBATCH line cannot hold", () => {
    assert.throws(() => slurmScripts(plan, options), /Cannot write "\/data\/it's\/slurm"/);
  });
});
