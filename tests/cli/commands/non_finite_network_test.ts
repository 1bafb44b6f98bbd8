import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { picture } from "../../support/dataset_folder.ts";
import { runHere } from "../../support/cli_terminal.ts";
import { nonFiniteRun } from "../../support/non_finite_run.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

describe("commands on a network that is not finite", () => {
  let run: string;

  before(async () => {
    run = await nonFiniteRun(temporaryFolder());
  });

  for (const name of ["eval", "predict", "report"]) {
    test(`segadv ${name} makes nothing of it, and names the epoch, the layer and what to try`, async () => {
      const folder = temporaryFolder();
      const made = join(folder, "made");
      const image = join(folder, "x.png");
      await writeFile(image, picture(32, 32));
      const args: Record<string, string[]> = {
        eval: ["eval", run],
        predict: ["predict", run, image, "--out", made],
        report: ["report", run, "--out", made],
      };
      const { code, out, err } = await runHere(...args[name]!, "--backend", "wasm");
      assert.equal(code, 1, out);
      assert.match(
        err,
        /Cannot use \S+best of epoch \d, step \d+: layer block3_conv1 .*lower optimizer/,
      );
      assert.deepEqual(await readdir(made).catch(() => []), []);
    });
  }

  test("segadv train does not start from it", async () => {
    const args = [
      "--set",
      "model.name=fcn8s-vgg16",
      "--set",
      "model.width=0.03",
      "--backend",
      "wasm",
      "--max-steps",
      "1",
    ];
    const { code, err } = await runHere(
      ...["train", "--init", run, ...args, "--out", join(temporaryFolder(), "run")],
    );
    assert.equal(code, 1);
    assert.match(err, /block3_conv1\/kernel holds NaN/);
  });
});
