import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { matchPairs, pairDataset } from "../../../lib/data/readers/pair_dataset.ts";
import { labels, picture, withFiles } from "../../support/dataset_folder.ts";

const shared = { imageFolder: "images", labelFolder: "labels", where: "split" };

function named(...names: string[]): Map<string, string> {
  return new Map(names.map((name) => [name, `${name}.png`]));
}

test("matchPairs() joins images and labels, all of them or those of a list, in its order", () => {
  const both = { images: named("a", "b"), labels: named("b", "a"), ...shared };
  assert.deepEqual(matchPairs(both).map(({ id }) => id), ["a", "b"]);
  const listed = matchPairs({ ...both, images: named("a", "b", "c"), ids: ["b"] });
  assert.deepEqual(listed, [{ id: "b", image: "b.png", label: "b.png" }]);
});

test("matchPairs() names the first file without its partner and counts the others", () => {
  const cases = [
    [named("a"), named("a", "b", "c"), 'no image named "b" in "images", nor 1 more'],
    [named("a", "b"), named("a"), 'no label named "b" in "labels"'],
  ] as const;
  for (const [images, masks, reason] of cases) {
    assert.throws(() => matchPairs({ images, labels: masks, ...shared }), {
      message: `Cannot open split: ${reason}`,
    });
  }
});

test("pairDataset() reads a pair, and refuses an index beyond the end", () =>
  withFiles({ "a.jpg": picture(4, 3), "a.png": labels(4, 3, { values: [1] }) }, async (dir) => {
    const pair = { id: "a", image: join(dir, "a.jpg"), label: join(dir, "a.png") };
    const kind = { name: "pairs", split: "train", classes: [], ignoreLabel: 255 };
    const dataset = pairDataset({ ...kind, pairs: [pair] });
    const { image, label } = await dataset.read(0);
    assert.deepEqual([image.width, image.height, label.data[0]], [4, 3, 1]);
    assert.deepEqual(dataset.files!(0), { image: pair.image, label: pair.label });
    await assert.rejects(dataset.read(1), {
      name: "RangeError",
      message: 'Cannot read sample 1 of 1 in split "train"',
    });
  }));
