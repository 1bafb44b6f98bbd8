import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openDataset } from "../../lib/data/registry.ts";
import { cityscapesPairs, repeated, vocPairs } from "../../bench/data_files.ts";
import { dataRows, describeDataRow } from "../../bench/data_suite.ts";
import { withFiles } from "../support/dataset_folder.ts";

test("dataRows() says of each row that is left out why", async () => {
  const logged: string[] = [];
  assert.deepEqual(await dataRows("no such folder", { log: (text) => logged.push(text) }), []);
  assert.equal(logged.length, 3);
  for (const text of logged) assert.match(text, /^\S+ left out: .*"no such folder.*--data DIR/);
});

test("vocPairs() and cityscapesPairs() take photographs that have labels", async () => {
  const [voc, cityscapes] = ["formats/voc/VOCdevkit/VOC2012", "formats/cityscapes"];
  const files = {
    [`${voc}/JPEGImages/a.jpg`]: "",
    [`${voc}/JPEGImages/b.jpg`]: "",
    [`${voc}/SegmentationClassAug/b.png`]: "",
    [`${cityscapes}/leftImg8bit/train/bonn/bonn_1_leftImg8bit.png`]: "",
    [`${cityscapes}/leftImg8bit/val/ulm/ulm_2_leftImg8bit.png`]: "",
    [`${cityscapes}/gtFine/val/ulm/ulm_2_gtFine_labelIds.png`]: "",
  };
  await withFiles(files, async (dir) => {
    assert.deepEqual(vocPairs(dir).map(({ id }) => id), ["b"]);
    assert.equal(vocPairs(dir)[0]!.image, join(dir, voc, "JPEGImages/b.jpg"));
    assert.deepEqual(cityscapesPairs(dir).map(({ id }) => id), ["ulm_2"]);
    assert.equal(repeated(vocPairs(dir), 5).length, 5);
    assert.equal((await openDataset("bench-voc", { dir, split: "3" })).ids.length, 3);
  });
});

test("describeDataRow() gives rates, and the share of a wait", () => {
  const row = { name: "a", unit: "ms" as const, value: 5, baseline: 10, ratio: 2 };
  const imagesPerSecond = { value: 200, baseline: 100 };
  assert.match(describeDataRow({ ...row, imagesPerSecond }), /200\.0 images\/s, .*ratio 2\.00$/);
  assert.match(describeDataRow(row), /5\.00 ms of 10\.0 ms, 50\.00 %$/);
});
