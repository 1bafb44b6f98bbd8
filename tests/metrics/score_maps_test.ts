import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { openDataset } from "../../lib/data/registry.ts";
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
