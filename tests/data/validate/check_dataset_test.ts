import { test } from "node:test";
import assert from "node:assert/strict";
import { checkDataset } from "../../../lib/data/validate/check_dataset.ts";
import type { Dataset } from "../../../lib/data/dataset.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { labels, picture, withFiles } from "../../support/dataset_folder.ts";

/** Samples of 4x1 pixels with the given labels. */
function tiny(maps: number[][], read: string[] = []): Dataset {
  return {
    name: "tiny",
    split: "train",
    classes: ["a", "b"].map((name) => ({ name, color: [0, 0, 0] })),
    ignoreLabel: 200,
    ids: maps.map((_, i) => `s${i}`),
    read(index) {
      read.push(`s${index}`);
      const data = Uint8Array.from(maps[index]!);
      return Promise.resolve({
        id: `s${index}`,
        image: { width: 2, height: 2, data: new Uint8Array(12) },
        label: { width: 2, height: 2, data },
      });
    },
  };
}

test("checkDataset() counts pixels and images of each class", async () => {
  const seen = await checkDataset(tiny([[0, 0, 1, 200], [0, 0, 0, 0], [200, 200, 200, 200]]));
  const { samples, pixels, images, ignored } = seen;
  assert.deepEqual(
    { samples, pixels, images, ignored },
    { samples: 3, pixels: [6, 1], images: [2, 1], ignored: 5 },
  );
  assert.deepEqual([...seen.contents.keys()], ["s0", "s1", "s2"]);
});

test("checkDataset() names sample, value and first place of a wrong label", async () => {
  await assert.rejects(checkDataset(tiny([[0, 0, 0, 0], [0, 0, 1, 2]])), {
    name: "DamagedFileError",
    message: 'Cannot use sample "s1" of split "train": value 2 at column 1, row 1 is neither a ' +
      "class (0..1) nor the ignore label (200)",
  });
  await assert.rejects(checkDataset(tiny([[255, 0, 0, 0]])), /set ignore to 255 in classes.json$/);
});

test("checkDataset() names the file of a wrong label", () =>
  withFiles({
    "classes.json": { classes: ["a", "b"] },
    "train/images/x.png": picture(4, 3),
    "train/labels/x.png": labels(4, 3, { values: [0, 1, 0, 1, 0, 3] }),
  }, async (dir) => {
    await assert.rejects(checkDataset(await openDataset("folder", { dir, split: "train" })), {
      message: /^Cannot use label ".*labels.x.png" of split "train": value 3 at column 1, row 1 is/,
    });
  }));

test("checkDataset() refuses data without a single pixel to learn from", async () => {
  await assert.rejects(checkDataset(tiny([[200, 200, 200, 200]])), {
    name: "RangeError",
    message: 'Cannot train on split "train": every pixel of its 1 samples has the ignore ' +
      "label 200",
  });
});

test("checkDataset() reads every sample, and names the one late file with a stray value", async () => {
  const read: string[] = [];
  const maps = Array.from({ length: 40 }, (_, i) => i === 33 ? [0, 1, 7, 0] : [0, 1, 0, 0]);
  await assert.rejects(checkDataset(tiny(maps, read)), {
    message: 'Cannot use sample "s33" of split "train": value 7 at column 0, row 1 is neither a ' +
      "class (0..1) nor the ignore label (200)",
  });
  assert.equal(read.length, 40);
});

test("checkDataset() refuses training labels of one class", async () => {
  const one = tiny([[0, 0, 0, 0], [0, 0, 200, 0]]);
  await assert.rejects(checkDataset(one, { isTraining: true }), {
    name: "RangeError",
    message: /all of its 2 labels show the class "a" only, as where a converter left every mask 0/,
  });
  assert.equal((await checkDataset(one)).samples, 2);
});

test("checkDataset() passes the fixture set", async () => {
  const seen = await checkDataset(await openDataset("fixtures", { split: "train" }));
  assert.equal(seen.samples, 24);
  assert.equal(seen.pixels.reduce((a, b) => a + b) + seen.ignored, 24 * 64 * 64);
});
