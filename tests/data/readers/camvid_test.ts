import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { CAMVID_CLASSES, camvidReader } from "../../../lib/data/readers/camvid.ts";
import { labels, picture, withFiles } from "../../support/dataset_folder.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";

const FILES = {
  "CamVid/train/a.png": picture(4, 3),
  "CamVid/trainannot/a.png": labels(4, 3, { values: [0, 10, 11] }),
  "CamVid/val/b.png": picture(4, 3),
  "CamVid/valannot/c.png": labels(4, 3),
};

describe("camvidReader", () => {
  test("camvidReader.open() opens SegNet's layout, from its parent too", () =>
    withFiles(FILES, async (dir) => {
      for (const place of ["", "/CamVid"]) {
        const dataset = await camvidReader.open({ dir: dir + place, split: "train" });
        assert.deepEqual(dataset.ids, ["a"]);
        assert.equal(dataset.ignoreLabel, 11);
        assert.deepEqual([...(await dataset.read(0)).label.data.subarray(0, 3)], [0, 10, 11]);
      }
    }));

  test("camvidReader.open() refuses what lacks", () =>
    withFiles(FILES, async (dir) => {
      await assert.rejects(camvidReader.open({ dir, split: "val" }), /no image named "c" in/);
      await assert.rejects(camvidReader.open({ dir, split: "test" }), /available: train, val$/);
      await assert.rejects(camvidReader.open({ dir: `${dir}/CamVid/train`, split: "train" }), {
        message: /found no folder trainannot, valannot or testannot in it$/,
      });
    }));

  test(
    "CAMVID_CLASSES are those of the real data",
    { skip: skipWithout("data/camvid-small") },
    () => {
      const file = sharedPath("data/camvid-small/classes.json");
      const { classes, colours } = JSON.parse(readFileSync(file, "utf8"));
      assert.deepEqual(CAMVID_CLASSES.map(({ name }) => name), classes);
      assert.deepEqual(CAMVID_CLASSES.map(({ color }) => color), colours.slice(0, 11));
    },
  );
});
