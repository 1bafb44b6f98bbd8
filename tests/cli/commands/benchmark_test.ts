import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { decodePng } from "@segadv/segadv/data";
import { labels, picture, withFiles } from "../../support/dataset_folder.ts";
import { runProcess } from "../../support/cli_process.ts";

const FRAME = "aachen/aachen_000000_000000";

/** One frame of each split: road beside the two parts of a car, and a pixel that does not count. */
function cityscapesFiles(): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (const split of ["train", "val"]) {
    const truth = `gtFine/${split}/${FRAME}_gtFine`;
    files[`leftImg8bit/${split}/${FRAME}_leftImg8bit.png`] = picture(
      64,
      64,
      split === "train" ? 90 : 70,
    );
    files[`${truth}_labelIds.png`] = labels(64, 64, { values: [7, 7, 26, 4] });
    files[`${truth}_instanceIds.png`] = labels(64, 64, { values: [7, 7, 26, 4] });
  }
  return files;
}

// Starts processes: more than the five seconds that Bun gives a test
const patient = { timeout: 300_000 };

describe("segadv eval", () => {
  test(
    "segadv eval scores categories and instances, predict writes labelIds at 2048x1024",
    patient,
    () =>
      withFiles(cityscapesFiles(), async (dir) => {
        const run = join(dir, "run");
        const wasm = ["--backend", "wasm"];
        const trained = await runProcess([
          ...[
            "train",
            ...wasm,
            "--max-steps",
            "1",
            "--no-report",
            "--out",
            run,
            "--set",
            "data.batch=1",
          ],
          ...["--dataset", "cityscapes", "--data", dir],
        ]);
        assert.equal(trained.code, 0, trained.err);

        const json = await runProcess(["eval", run, ...wasm, "--json"]);
        assert.equal(json.code, 0, json.err);
        const { mIoU, classes, cityscapes } = JSON.parse(json.out);
        assert.equal(classes.length, 19);
        // Two roads: the confusion matrix of train ids, and the benchmark's of labelIds
        assert.ok(Math.abs(cityscapes.classIoU - mIoU) < 1e-12);
        assert.equal(cityscapes.classes.road, classes[0].iou);
        assert.equal(cityscapes.categories.flat !== null, true);
        assert.equal(cityscapes.instanceClasses.train === null, classes[16].iou === null);

        const table = await runProcess(["eval", run, ...wasm]);
        assert.equal(table.code, 0, table.err);
        assert.match(table.out, /\n\nCityScapes benchmark +IoU +iIoU\nperson +/);
        assert.match(table.out, /\nall categories +\d+\.\d\d % +\d+\.\d\d %\n$/);

        const photo = join(dir, `leftImg8bit/val/${FRAME}_leftImg8bit.png`);
        const out = join(dir, "upload");
        const predict = ["predict", run, photo, ...wasm, "--out", out, "--format"];
        const written = await runProcess([...predict, "cityscapes"]);
        assert.equal(written.code, 0, written.err);
        const file = join(out, "aachen_000000_000000_leftImg8bit.png");
        const map = decodePng(await readFile(file), { file });
        assert.deepEqual([map.width, map.height, map.channels], [2048, 1024, 1]);
        assert.equal(map.palette, undefined);
        assert.ok(map.data.every((id) => id >= 7 && id <= 33));
        const refused = await runProcess([...predict, "voc", "--overwrite"]);
        assert.equal(refused.code, 2);
        assert.match(
          refused.err,
          /Cannot write the format voc: the network has the classes road, .*only the same names/,
        );

        const instances = join(dir, `gtFine/val/${FRAME}_gtFine_instanceIds.png`);
        await writeFile(instances, "broken");
        const broken = await runProcess(["eval", run, ...wasm, "--json"]);
        assert.equal(broken.code, 1);
        assert.match(broken.err, /^error: Cannot decode PNG ".*_gtFine_instanceIds\.png": .*\n$/);
        await rm(instances);
        const without = await runProcess(["eval", run, ...wasm, "--json"]);
        assert.match(without.err, /are left out: .* there is no \*_gtFine_instanceIds\.png\n$/);
        assert.equal(JSON.parse(without.out).mIoU, mIoU);
        assert.equal(JSON.parse(without.out).cityscapes, undefined);
      }),
  );
});
