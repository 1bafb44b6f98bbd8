import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { openDataset } from "../../lib/data/registry.ts";
import { encodePng } from "../../lib/data/codecs/png_encode.ts";
import { scoreMaps } from "../../lib/metrics/score_maps.ts";
import { type Content, labels, picture, withFiles } from "../support/dataset_folder.ts";

const DATA = {
  "classes.json": { classes: ["sky", "road"], ignore: 9 },
  "val/images/a.png": picture(4, 1),
  "val/labels/a.png": labels(4, 1, { values: [0, 0, 1, 9] }),
};
const MAP = labels(4, 1, { values: [0, 1, 1, 1] });

async function score(maps: Record<string, Content>, ignored?: "false-positive") {
  let scores: Awaited<ReturnType<typeof scoreMaps>> | undefined;
  await withFiles({ ...DATA, ...maps }, async (dir) => {
    const dataset = await openDataset("folder", { dir, split: "val" });
    scores = await scoreMaps(dataset, join(dir, "maps"), ignored && { ignored });
  });
  return scores!;
}

test("scoreMaps() drops ignored pixels, or counts them against the prediction", async () => {
  const maps = { "maps/a.png": MAP, "maps/notes.txt": "other files do not matter" };
  assert.deepEqual((await score(maps)).classes.map(({ iou }) => iou), [1 / 2, 1 / 2]);
  const strict = await score(maps, "false-positive");
  assert.deepEqual(strict.classes.map(({ iou }) => iou), [1 / 2, 1 / 3]);
});

test("scoreMaps() counts a value that is no class as a miss", async () => {
  const scores = await score({ "maps/a.png": labels(4, 1, { values: [0, 200, 1, 0] }) });
  assert.deepEqual(scores.classes.map(({ iou }) => iou), [1 / 2, 1]);
});

test("scoreMaps() takes maps of 0 and 255 over two classes as masks, and says so", () =>
  withFiles({ ...DATA, "maps/a.png": labels(4, 1, { values: [0, 0, 255, 255] }) }, async (dir) => {
    const dataset = await openDataset("folder", { dir, split: "val" });
    const notices: string[] = [];
    const onNotice = (notice: string): void => void notices.push(notice);
    assert.equal((await scoreMaps(dataset, join(dir, "maps"), { onNotice })).mIoU, 1);
    assert.match(notices.join(), /maps are 0\/255 masks: 255 is taken for class 1, "road"$/);
  }));

test("scoreMaps() takes maps of subfolders by their whole names, and none twice", () => {
  const sample = (id: string, value: number): Record<string, Content> => ({
    [`val/images/${id}.png`]: picture(4, 1),
    [`val/labels/${id}.png`]: labels(4, 1, { values: [value] }),
  });
  const data = { ...DATA, ...sample("one/x", 0), ...sample("two/x", 1) };
  const files = {
    ...data,
    "maps/a.png": labels(4, 1, { values: [0, 0, 1, 1] }),
    "maps/a.overlay.png": picture(4, 1),
    "maps/one/x.png": labels(4, 1),
    "maps/two/x.png": labels(4, 1, { values: [1] }),
    "flat/a.png": MAP,
    "flat/x.png": MAP,
    "half/a.png": MAP,
    "half/two/x.png": MAP,
  };
  return withFiles(files, async (dir) => {
    const dataset = await openDataset("folder", { dir, split: "val" });
    assert.equal((await scoreMaps(dataset, join(dir, "maps"))).mIoU, 1);
    await assert.rejects(scoreMaps(dataset, join(dir, "flat")), {
      message: /x\.png is of "one\/x" or of "two\/x"; put maps into subfolders/,
    });
    await assert.rejects(scoreMaps(dataset, join(dir, "half")), { message: /there is no x\.png$/ });
  });
});

test("scoreMaps() matches the classes of maps by the colours of their palette", () => {
  const color = (...rgb: number[]): number[] => rgb;
  const [sky, road] = [color(0, 0, 255), color(90, 90, 90)];
  const classes = [{ name: "sky", color: sky }, { name: "road", color: road }];
  const map = (...colors: number[][]): Uint8Array => {
    const palette = Uint8Array.from(colors.flat());
    const data = Uint8Array.of(1, 1, 0, 0);
    return encodePng({ width: 4, height: 1, channels: 1, data, palette });
  };
  const files = {
    ...DATA,
    "classes.json": { classes, ignore: 9 },
    "turned/a.png": map(road, sky),
    "other/a.png": map(sky, color(1, 2, 3)),
  };
  return withFiles(files, async (dir) => {
    const dataset = await openDataset("folder", { dir, split: "val" });
    const notices: string[] = [];
    const onNotice = (notice: string) => void notices.push(notice);
    assert.equal((await scoreMaps(dataset, join(dir, "turned"), { onNotice })).mIoU, 1);
    assert.match(notices[0]!, /turned gives the classes of data set "folder" another order/);
    assert.equal((await scoreMaps(dataset, join(dir, "other"), { onNotice })).mIoU, 0);
    assert.equal(notices.length, 1);
  });
});

describe("scoreMaps() names the file that it cannot score", () => {
  const CASES: [what: string, maps: Record<string, Content>, message: RegExp][] = [
    ["missing", { "maps/b.png": MAP }, /^Cannot score the maps in ".*maps": there is no a\.png$/],
    ["empty", { "maps/a.png": new Uint8Array(0) }, /^Cannot read .*a\.png": the file is empty$/],
    ["cut", { "maps/a.png": MAP.slice(0, 60) }, /^Cannot decode PNG ".*a\.png": /],
    ["other size", { "maps/a.png": labels(2, 2) }, /a\.png": it is 2x2, the truth 4x1: they must/],
    ["colours", { "maps/a.png": picture(4, 1) }, /a\.png": it holds RGB colours/],
  ];
  for (const [what, maps, message] of CASES) {
    it(what, () => assert.rejects(score(maps), { message }));
  }
});

test("scoreMaps() takes CityScapes' labelIds, named by their frames", () => {
  const frame = (i: number): string => `lindau/lindau_00000${i}`;
  const place = (i: number): Record<string, Content> => ({
    [`leftImg8bit/val/${frame(i)}_leftImg8bit.png`]: picture(4, 1),
    [`gtFine/val/${frame(i)}_gtFine_labelIds.png`]: labels(4, 1, { values: [7, 7, 26, 4] }),
    [`maps/lindau_00000${i}_pred.png`]: labels(4, 1, { values: [7, 0, 26, 26] }),
  });
  return withFiles({ ...place(1), ...place(2) }, async (dir) => {
    const dataset = await openDataset("cityscapes", { dir, split: "val" });
    const { classes, mIoU } = await scoreMaps(dataset, join(dir, "maps"));
    assert.deepEqual([classes[0]!.iou, classes[13]!.iou, mIoU], [0.5, 1, 0.75]);
    writeFileSync(join(dir, "maps/lindau_000001_old.png"), MAP);
    const message =
      /both lindau_000001_old\.png and lindau_000001_pred\.png are lindau_000001\*\.png$/;
    await assert.rejects(scoreMaps(dataset, join(dir, "maps")), { message });
  });
});
