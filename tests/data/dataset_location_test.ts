import assert from "node:assert/strict";
import { test } from "node:test";
import { locationOf, readerHints } from "../../lib/data/dataset_location.ts";
import { openDataset, openLocation } from "../../lib/data/registry.ts";
import { ANNOTATION_FOLDERS } from "../support/annotation_folders.ts";
import { withFiles } from "../support/dataset_folder.ts";

/** labelme's files without folders that name splits. */
function undivided(): Record<string, Uint8Array | string | object> {
  const { files } = ANNOTATION_FOLDERS.find(({ what }) => what === "labelme polygons and boxes")!;
  return Object.fromEntries(
    Object.entries(files()).map(([path, content]) => [path.replace(/^(train|val)\//, ""), content]),
  );
}

test("locationOf() holds what a drawn split depends on, so that threads draw the same", () =>
  withFiles(undivided(), async (dir) => {
    const sizes: number[] = [];
    for (const hints of [{}, { valFraction: 0.5 }, { folds: 3, fold: 1 }]) {
      const own = await openDataset("auto", { dir, split: "val", ...hints });
      const other = await openLocation(structuredClone(locationOf(own)!));
      assert.deepEqual(other.ids, own.ids);
      const train = await openDataset("auto", { dir, split: "train", ...hints });
      assert.equal(new Set([...own.ids, ...train.ids]).size, 6);
      sizes.push(own.ids.length);
    }
    assert.deepEqual(sizes, [1, 3, 2]);
  }));

test("openDataset() ignores what no shape covers where it is asked to", () =>
  withFiles(undivided(), async (dir) => {
    const dataset = await openDataset("auto", { dir, split: "train", uncovered: "ignore" });
    assert.deepEqual(dataset.classes.map(({ name }) => name), ["car", "road"]);
    const { data } = (await dataset.read(0)).label;
    assert.equal(data[0], 255);
    const other = await openLocation(locationOf(dataset)!);
    assert.deepEqual((await other.readLabel!(0)).data, data);
  }));

test("readerHints() keeps what is given alone", () => {
  assert.deepEqual(readerHints({ folds: 2, encoding: "color" }), { folds: 2 });
});
