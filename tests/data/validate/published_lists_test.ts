import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { comparePublished } from "../../../lib/data/validate/published_lists.ts";
import { mergeIds } from "../../../lib/data/readers/voc_aug.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";

function message(name: string, split: string, ids: string[]): string | undefined {
  return comparePublished({ name, split, ids })[0]?.message;
}

test("comparePublished() counts what no list is known of", () => {
  const ids = Array.from({ length: 500 }, (_, i) => `frame ${i}`);
  assert.match(message("cityscapes", "val", ids)!, /as many images as the published split, 500$/);
  assert.equal(
    message("cityscapes", "val", ids.slice(1)),
    "has 499 images, the published split 500: scores on it do not compare",
  );
  assert.equal(message("folder", "val", ids), undefined);
  assert.equal(message("voc", "mine", ids), undefined);
});

test("comparePublished() knows VOC's published lists, in any order, and SBD's merged ones", {
  skip: skipWithout("data/formats/voc/full-lists"),
}, () => {
  const list = (name: string): string[] =>
    readFileSync(sharedPath(`data/formats/voc/full-lists/${name}.txt`), "utf8").trim().split("\n");
  const [train, val, augmented] = [list("train"), list("val"), list("train_aug")];
  assert.equal(message("voc", "train", train.reverse()), "is the published split of 1464 images");
  assert.equal(message("voc", "val", val), "is the published split of 1449 images");
  const merged = mergeIds({ train, val, sbd: [...augmented, ...val] });
  assert.equal(message("voc-aug", "train", merged), "is the published split of 10582 images");
  const other = [...merged.slice(1), "2007_999999"];
  assert.equal(
    message("voc", "train_aug", other),
    "has 10582 images as the published split has, but not the same ones",
  );
});
