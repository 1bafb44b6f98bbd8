import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { evaluate, loadModel, openDataset, useBackend } from "@segadv/segadv";
import { runProcess, trainOneStep } from "../../support/cli_process.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

// Starts processes: more than the five seconds that Bun gives a test
const patient = { timeout: 300_000 };

describe("segadv eval", () => {
  test(
    "segadv eval prints a run's scores as a table and as JSON, and refuses what it cannot score",
    patient,
    async () => {
      const folder = temporaryFolder();
      const run = await trainOneStep(folder);
      const wasm = ["--backend", "wasm"];
      const json = await runProcess(["eval", run, ...wasm, "--json"]);
      assert.equal(json.code, 0, json.err);
      const scores = JSON.parse(json.out);
      assert.ok(scores.pAcc >= 0 && scores.pAcc <= 1 && scores.fwIoU <= 1);
      const fields = ["name", "iou", "accuracy", "pixels", "predicted"];
      assert.deepEqual(Object.keys(scores.classes[0]), fields);
      assert.equal(scores.classes.length, 5);
      const metrics = JSON.parse(await readFile(join(run, "metrics.json"), "utf8"));
      assert.equal(scores.mIoU, metrics.best.mIoU, "the run's own score of its best network");

      const inference = [
        "--resize",
        "48x80",
        "--resize-mode",
        "letterbox",
        "--score-size",
        "resized",
        "--window",
        "32x32",
        "--flip",
      ];
      const seen = await runProcess([
        "eval",
        run,
        ...wasm,
        ...inference,
        "--scales",
        "0.5,1",
        "--json",
      ]);
      assert.equal(seen.code, 0, seen.err);
      const backend = await useBackend({ backend: "wasm" });
      const { model, normalize } = await loadModel(run);
      const expected = await evaluate(model, await openDataset("fixtures", { split: "val" }), {
        normalize,
        resize: [48, 80],
        resizeMode: "letterbox",
        scoreSize: "resized",
        window: [32, 32],
        flip: true,
        scales: [0.5, 1],
      });
      await backend.dispose();
      assert.deepEqual(JSON.parse(seen.out), expected);
      assert.notEqual(expected.pAcc, scores.pAcc);

      const table = await runProcess(["eval", join(run, "model"), ...wasm, "--split", "test"]);
      assert.equal(table.code, 0, table.err);
      assert.match(table.out, /^class +IoU +accuracy +pixels\nbackground +\d/);
      assert.match(
        table.out,
        /\nmIoU +\d+\.\d\d % \(mean over the 5 of 5 classes in truth or prediction.*\)\n/,
      );
      const ruled = await runProcess([
        ...["eval", run, ...wasm, "--mean-over", "truth"],
        ...["--resize", "32x32", "--score-size", "resized"],
      ]);
      assert.match(ruled.out, /\nmIoU .*\(mean over the 5 of 5 classes in the truth\)\n/);
      assert.match(ruled.out, /\nlabels were resized .* \(inference\.scoreSize resized\)/);

      const refused: [args: string[], line: RegExp][] = [
        [["--split", "nope"], /available: train, val, test/],
        [["--data", folder], /The reader fixtures brings its own data/],
        [["--dataset", "folder"], /The reader folder needs a folder: name it with --data/],
      ];
      for (const [args, line] of refused) {
        const { code, err } = await runProcess(["eval", run, ...wasm, ...args]);
        assert.equal(code, 2, err);
        assert.match(err, line);
      }
    },
  );
});
