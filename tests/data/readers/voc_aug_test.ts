import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { mergeIds, vocAugReader } from "../../../lib/data/readers/voc_aug.ts";
import { labels, picture, withFiles } from "../../support/dataset_folder.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";
import { PLAIN_MAT } from "../../support/mat_samples.ts";

const MAT = Buffer.from(PLAIN_MAT, "base64");
const IMAGE = picture(5, 3);
const FILES = {
  "VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt": "a\nb",
  "VOCdevkit/VOC2012/ImageSets/Segmentation/val.txt": "v",
  "VOCdevkit/VOC2012/JPEGImages/a.jpg": IMAGE,
  "VOCdevkit/VOC2012/JPEGImages/b.jpg": IMAGE,
  "VOCdevkit/VOC2012/JPEGImages/v.jpg": IMAGE,
  "VOCdevkit/VOC2012/SegmentationClass/a.png": labels(5, 3, { values: [255, 1] }),
  "VOCdevkit/VOC2012/SegmentationClass/b.png": labels(5, 3, { values: [2] }),
  "VOCdevkit/VOC2012/SegmentationClass/v.png": labels(5, 3, { values: [3] }),
  "SBD/benchmark_RELEASE/dataset/train.txt": "v\nb\ns",
  "SBD/benchmark_RELEASE/dataset/val.txt": "t",
  "SBD/benchmark_RELEASE/dataset/img/s.jpg": IMAGE,
  "SBD/benchmark_RELEASE/dataset/img/t.jpg": IMAGE,
  "SBD/benchmark_RELEASE/dataset/cls/b.mat": MAT,
  "SBD/benchmark_RELEASE/dataset/cls/s.mat": MAT,
  "SBD/benchmark_RELEASE/dataset/cls/t.mat": MAT,
  "SBD/benchmark_RELEASE/dataset/cls/v.mat": MAT,
};

describe("vocAugReader", () => {
  test("vocAugReader.open() merges both, keeps VOC's labels and leaves VOC's val out", () =>
    withFiles(FILES, async (dir) => {
      const train = await vocAugReader.open({ dir, split: "train" });
      assert.deepEqual(train.ids, ["a", "b", "s", "t"]);
      const first = await Promise.all(train.ids.map(async (_, i) => (await train.read(i)).label));
      assert.deepEqual(first.map(({ data }) => [...data.subarray(0, 3)]), [
        [255, 1, 255],
        [2, 2, 2],
        [0, 1, 2],
        [0, 1, 2],
      ]);
      const val = await vocAugReader.open({ dir, split: "val" });
      assert.deepEqual(val.ids, ["v"]);
      assert.equal((await val.read(0)).label.data[0], 3);
    }));

  test("vocAugReader.open() never trains on half of SBD for want of a list", () => {
    const { "SBD/benchmark_RELEASE/dataset/val.txt": _, ...files } = FILES;
    return withFiles(files, async (dir) => {
      await assert.rejects(vocAugReader.open({ dir, split: "train" }), {
        message: /^Cannot merge VOC and SBD in ".*": ".*" must hold both lists, train\.txt and val/,
      });
    });
  });

  test("vocAugReader.open() says what lacks", () =>
    withFiles(FILES, async (dir) => {
      await assert.rejects(vocAugReader.open({ dir, split: "trainaug" }), /available: train, val$/);
      await assert.rejects(vocAugReader.open({ dir: `${dir}/VOCdevkit`, split: "train" }), {
        message: /found no benchmark_RELEASE\/dataset\/cls in it; .* split train_aug$/,
      });
    }));

  test("mergeIds() gives the published list of 10,582 from published lists", {
    skip: skipWithout("data/formats/voc/full-lists"),
  }, () => {
    const list = (name: string): string[] =>
      readFileSync(sharedPath(`data/formats/voc/full-lists/${name}.txt`), "utf8").trim().split(
        "\n",
      );
    const [train, val, published] = [list("train"), list("val"), list("train_aug")];
    assert.deepEqual([train.length, val.length, published.length], [1464, 1449, 10582]);
    const own = new Set(train);
    // SBD's lists hold what train_aug adds, part of VOC's train, and part of its val.
    const sbd = [...published.filter((id) => !own.has(id)), ...train.slice(200), ...val.slice(100)];
    assert.deepEqual(mergeIds({ train, val, sbd }), published.sort());
  });
});
