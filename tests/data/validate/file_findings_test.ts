import assert from "node:assert/strict";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { comparePublished, findLinks } from "../../../lib/data/validate/file_findings.ts";
import { withFiles } from "../../support/dataset_folder.ts";
import { mergeIds } from "../../../lib/data/readers/voc_aug.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";

const skip = process.platform === "win32" && "no links";

test(
  "findLinks() counts the files that lie outside the folder",
  { skip },
  () =>
    withFiles({ "data/a.jpg": "", "data/a.png": "", "b.png": "" }, async (dir) => {
      const data = join(dir, "data");
      const splitOf = (label: string) => ({
        split: "train",
        ids: ["a"],
        files: () => ({ image: join(data, "a.jpg"), label: join(data, label) }),
      });
      assert.deepEqual(await findLinks(splitOf("a.png"), data), []);
      assert.deepEqual(await findLinks(splitOf("a.png"), null), []);
      symlinkSync(join(dir, "b.png"), join(data, "b.png"));
      const [finding] = await findLinks(splitOf("b.png"), data);
      assert.equal(finding!.severity, "note");
      assert.match(
        finding!.message,
        /^1 of 2 files are links that lead out .* \(b\.png to .*b\.png\)/,
      );
    }),
);

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
