import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { parseGrid, planSweep } from "../../lib/sweep/mod.ts";
import { evidenceGrid, NETWORKS } from "../../tasks/evidence/grid.ts";
import { longSkip } from "../support/long_test.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const TASK = fileURLToPath(new URL("../../tasks/evidence.ts", import.meta.url));

/** Runs of one step on the fixtures. */
const TINY = ["data.dataset=fixtures", "data.dir=null", "data.crop=[32,32]", "backend=wasm"]
  .concat("fcn8s:model.width=0.03", "resnet50:no.such=key", "train.maxSteps=1")
  .flatMap((one) => ["--set", one]);

function evidence(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const run = "deno" in process.versions ? ["run", "-A", TASK] : [TASK];
  return spawnSync(process.execPath, [...run, ...args], { encoding: "utf8" });
}

test("evidenceGrid() can be planned for every network, with ten rows of their own", async () => {
  for (const network of NETWORKS) {
    const options = { data: "/camvid-small/", weights: "resnet50.safetensors", seeds: 3 };
    const grid = parseGrid(stringify(evidenceGrid(network, options)), "grid.yaml");
    const { plan } = await planSweep(grid);
    assert.equal(plan.name, `${network.title} on camvid-small`);
    assert.deepEqual([plan.conditions.length, plan.trials.length], [10, 30]);
  }
});

test(
  "tasks/evidence.ts runs the thesis' rows and writes them into a page whose reading stays",
  {
    skip: longSkip ||
      !("deno" in process.versions) && "a task of the repository, which run under Deno",
  },
  async () => {
    const folder = temporaryFolder();
    const [out, page] = [join(folder, "sweeps"), join(folder, "RESULTS.md")];
    const first = evidence(
      "--data",
      folder,
      "--seeds",
      "fcn8s:1",
      "--out",
      out,
      ...TINY,
      "--results",
      page,
    );
    assert.equal(first.status, 0, first.stderr);
    const text = await readFile(page, "utf8");
    assert.match(text, /\| runs finished\s+\| 10 of 10/);
    assert.match(text, /\| seeds\s+\| 1 a trial/);
    assert.match(text, /\| commit\s+\| [0-9a-f]{7,}/);
    assert.match(text, /\| wall time a run, median.*s \(/);
    assert.match(text, /\| T_g = 0\.5\s+\| .*[+−]\d.*\+0\.56 \|\s+\+0\.39 \|/);
    assert.match(text, /\| λ = 1e-4\s+\| .*[+−]\d.*−0\.24 \|\s+−0\.09 \|/);
    assert.match(text, /Every trial: One seed/);
    assert.match(
      text,
      /--data segadv-test-\S+ --seeds fcn8s:1 --out sweeps /,
      "no path of this machine",
    );
    assert.ok(!text.includes(folder));
    assert.match(await readFile(join(folder, "RESULTS.svg"), "utf8"), /^<svg .*>T_g = 0\.5</s);

    await writeFile(page, text.replace("To be written.", "Nothing follows from one step."));
    const again = evidence("--out", out, "--results", page);
    assert.equal(again.status, 0, again.stderr);
    const read = await readFile(page, "utf8");
    assert.equal(read, text.replace("To be written.", "Nothing follows from one step."));
  },
);
