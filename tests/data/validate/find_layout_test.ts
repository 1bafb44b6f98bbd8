import assert from "node:assert/strict";
import { test } from "node:test";
import { datasetReaders } from "../../../lib/data/registry.ts";
import { findLayout } from "../../../lib/data/validate/find_layout.ts";
import { labels, picture, withFiles } from "../../support/dataset_folder.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";

const IMAGE = picture(4, 3);
const LABEL = labels(4, 3);

test("findLayout() knows a folder of one's own, and keeps a split that lacks a file", () =>
  withFiles({
    "classes.json": { classes: ["sky"] },
    "train/images/a.png": IMAGE,
    "train/labels/a.png": LABEL,
    "val/images/b.png": IMAGE,
    "val/labels/c.png": LABEL,
  }, async (dir) => {
    assert.deepEqual(await findLayout(dir), { reader: "folder", dir, splits: ["train", "val"] });
  }));

test("findLayout() knows CamVid and CityScapes", async () => {
  await withFiles({ "train/a.png": IMAGE, "trainannot/a.png": LABEL }, async (dir) => {
    assert.deepEqual(await findLayout(dir), { reader: "camvid", dir, splits: ["train"] });
  });
  const frame = "aachen/aachen_0";
  await withFiles({
    [`leftImg8bit/train/${frame}_leftImg8bit.png`]: IMAGE,
    [`gtFine/train/${frame}_gtFine_labelIds.png`]: LABEL,
  }, async (dir) => {
    assert.deepEqual(await findLayout(dir), { reader: "cityscapes", dir, splits: ["train"] });
  });
});

test("findLayout() keeps a split whose files are at fault in any other way than lacking", () =>
  withFiles({
    "classes.json": { classes: ["sky"] },
    "train/images/a.png": IMAGE,
    "train/images/a.jpg": IMAGE,
    "train/labels/a.png": LABEL,
  }, async (dir) => {
    assert.deepEqual(await findLayout(dir), { reader: "folder", dir, splits: ["train"] });
  }));

test("DatasetReader.matches() tells layouts apart and never rejects", async () => {
  const names = async (dir: string): Promise<string[]> => {
    const found = await Promise.all([...datasetReaders].map(({ matches }) => matches(dir)));
    return datasetReaders.names.filter((_, i) => found[i]);
  };
  assert.deepEqual(await names("/no/where"), []);
  const lists = "VOCdevkit/VOC2012/ImageSets/Segmentation";
  const sbd = "benchmark_RELEASE/dataset";
  const voc = { [`${lists}/train.txt`]: "a", [`${lists}/val.txt`]: "b" };
  const both = { ...voc, [`${sbd}/cls/a.mat`]: "", [`${sbd}/train.txt`]: "a" };
  const cases: [Record<string, string>, string[]][] = [
    [{}, []],
    [{ "classes.json": "" }, ["folder"]],
    [{ "leftImg8bit/train/a.png": "" }, ["cityscapes"]],
    [{ "CamVid/valannot/a.png": "" }, ["camvid"]],
    [voc, ["voc"]],
    [both, ["voc", "sbd"]],
    [{ ...both, [`${sbd}/val.txt`]: "b" }, ["voc", "voc-aug", "sbd"]],
  ];
  for (const [files, readers] of cases) {
    await withFiles(files, async (dir) => assert.deepEqual(await names(dir), readers));
  }
});

test("findLayout() says what it looked for", () =>
  withFiles({ "images/a.png": IMAGE, "labels/a.png": LABEL }, async (dir) => {
    await assert.rejects(findLayout(dir), {
      message: /^Cannot inspect ".*": no reader knows its layout; known: cityscapes \(.*write one/,
    });
    const message = /known: camvid \(.*\); as camvid: .*found no folder trainannot/;
    await assert.rejects(findLayout(dir, { reader: "camvid" }), { message });
  }));

test("findLayout() names the splits there are where it finds none of its own", () =>
  withFiles({
    "classes.json": { classes: ["sky"] },
    "day/images/a.png": IMAGE,
    "day/labels/a.png": LABEL,
  }, async (dir) => {
    await assert.rejects(findLayout(dir), /there is none of that name, available: day$/);
  }));

test("findLayout() knows real data", { skip: skipWithout("data/formats") }, async () => {
  const cases = [
    ["data/formats/voc", "voc", ["train", "val"]],
    ["data/formats/sbd-made", "sbd", ["train", "val"]],
    ["data/camvid-small", "folder", ["train", "val", "test"]],
  ] as const;
  for (const [path, reader, splits] of cases) {
    const found = await findLayout(sharedPath(path));
    assert.deepEqual([found.reader, found.splits], [reader, splits]);
  }
});
