import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkDataset } from "../../../lib/data/validate/check_dataset.ts";
import { VOC_CLASSES, vocReader } from "../../../lib/data/readers/voc.ts";
import { vocPalette } from "../../../lib/data/readers/voc_palette.ts";
import { encodePng } from "../../../lib/data/codecs/png_encode.ts";
import { labels, picture, withFiles, writeFiles } from "../../support/dataset_folder.ts";
import { runPython, skipWithoutPillow } from "../../support/pillow.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";

const FIXTURES = join(import.meta.dirname!, "../../../fixtures");
const IMAGE = picture(4, 3);
const VOC = {
  "VOC2012/JPEGImages/x_1.jpg": IMAGE,
  "VOC2012/JPEGImages/x_2.jpg": IMAGE,
  "VOC2012/SegmentationClass/x_1.png": labels(4, 3, { values: [1] }),
  "VOC2012/SegmentationClassAug/x_1.png": labels(4, 3, { values: [2] }),
  "VOC2012/SegmentationClassAug/x_2.png": labels(4, 3, { values: [2] }),
  "VOC2012/ImageSets/Segmentation/train.txt": "x_1\n",
  "VOC2012/ImageSets/Segmentation/val.txt": "x_2\n",
  "VOC2012/ImageSets/Segmentation/empty.txt": "",
  "VOC2012/ImageSets/Segmentation/train_aug.txt":
    "/JPEGImages/x_2.jpg /SegmentationClassAug/x_2.png\n/JPEGImages/x_1.jpg /SegmentationClassAug/x_1.png\n",
};

describe("vocReader", () => {
  test("vocReader.open() opens the devkit, its parent and VOC2012 itself", async () => {
    for (
      const dir of [FIXTURES, join(FIXTURES, "VOCdevkit"), join(FIXTURES, "VOCdevkit/VOC2012")]
    ) {
      const dataset = await vocReader.open({ dir, split: "val" });
      assert.equal(dataset.ids.length, 8);
      assert.equal(dataset.ignoreLabel, 255);
      assert.equal((await dataset.read(7)).label.data.length, 64 * 64);
    }
  });

  test("vocReader.open() takes train_aug from SegmentationClassAug, also listed as two paths", () =>
    withFiles(VOC, async (dir) => {
      const augmented = await vocReader.open({ dir, split: "train_aug" });
      assert.deepEqual(augmented.ids, ["x_2", "x_1"]);
      assert.equal((await augmented.read(1)).label.data[0], 2);
      const train = await vocReader.open({ dir, split: "train" });
      assert.equal((await train.read(0)).label.data[0], 1);
    }));

  test("vocReader.open() reads masks in RGB by VOC's colours, or by those of classes.json", () => {
    const rgb = (...colors: number[][]): Uint8Array =>
      encodePng({
        width: colors.length,
        height: 1,
        channels: 3,
        data: Uint8Array.from(colors.flat()),
      });
    const files = {
      "JPEGImages/x_1.jpg": picture(4, 1),
      "SegmentationClass/x_1.png": rgb([0, 0, 0], [128, 0, 0], [224, 224, 192], [0, 128, 0]),
      "JPEGImages/x_2.jpg": picture(2, 1),
      "SegmentationClass/x_2.png": rgb([0, 0, 0], [9, 9, 8]),
      "ImageSets/Segmentation/train.txt": "x_1\nx_2\n",
    };
    return withFiles(files, async (dir) => {
      const dataset = await vocReader.open({ dir, split: "train" });
      assert.deepEqual([...(await dataset.read(0)).label.data], [0, 1, 255, 2]);
      await assert.rejects(
        dataset.read(1),
        /x_2\.png": the colour 9,9,8 at column 1, row 0 is that/,
      );
      const own = { classes: [{ name: "a", color: [0, 0, 0] }, { name: "b", color: [9, 9, 8] }] };
      writeFiles(dir, { "classes.json": own });
      const owned = await vocReader.open({ dir, split: "train" });
      assert.deepEqual([...(await owned.read(1)).label.data], [0, 1]);
    });
  });

  test("vocReader.open() refuses what lacks in one line", () =>
    withFiles(VOC, async (dir) => {
      const cases: [string, RegExp][] = [
        ["val", /^Cannot open split "val" of ".*": no label named "x_2" in ".*Class"$/],
        ["empty", /^Cannot open split "empty" of ".*": its list is empty$/],
        ["tran", /there is no such list .*, available: empty, train, train_aug, val$/],
      ];
      for (const [split, message] of cases) {
        await assert.rejects(vocReader.open({ dir, split }), { message });
      }
      await assert.rejects(vocReader.open({ dir: join(dir, "VOC2012/JPEGImages"), split: "val" }), {
        message: /found no VOCdevkit\/VOC2012\/ImageSets\/Segmentation in it$/,
      });
    }));

  test("VOC_CLASSES are the published 21", () => {
    assert.equal(VOC_CLASSES.length, 21);
    assert.deepEqual(VOC_CLASSES[15], { name: "person", color: [192, 128, 128] });
    assert.deepEqual(VOC_CLASSES[20], { name: "tvmonitor", color: [0, 64, 128] });
  });

  test("vocReader.open() reads real VOC files: photographs, borders and known classes", {
    skip: skipWithout("data/formats/voc"),
  }, async () => {
    const dir = sharedPath("data/formats/voc");
    for (const [split, count] of [["train", 5], ["val", 8], ["trainval", 13], ["train_aug", 12]]) {
      const dataset = await vocReader.open({ dir, split: String(split) });
      assert.equal(dataset.ids.length, count);
      let border = 0;
      for (let i = 0; i < dataset.ids.length; i++) {
        const { label } = await dataset.read(i);
        assert.ok(label.data.every((value) => value <= 20 || value === 255));
        border += label.data.filter((value) => value === 255).length;
      }
      assert.ok(border > 0);
    }
    // 2007_000032 shows aeroplanes with people before them.
    const train = await vocReader.open({ dir, split: "trainval" });
    const { label } = await train.read(train.ids.indexOf("2007_000032"));
    assert.deepEqual([...new Set(label.data)].sort((a, b) => a - b), [0, 1, 15, 255]);
  });

  test(
    "vocReader.open() counts pixels and images of each class as Pillow does, within the published",
    {
      skip: skipWithout("data/formats/voc") || skipWithoutPillow,
    },
    async () => {
      const dir = sharedPath("data/formats/voc");
      const published = JSON.parse(readFileSync(`${dir}/label-statistics.json`, "utf8"));
      for (const split of ["train", "val", "train_aug"]) {
        const dataset = await vocReader.open({ dir, split });
        const program = `
import json, sys
from PIL import Image
pixels, images, border = [0] * 21, [0] * 21, 0
for file in json.load(sys.stdin):
    counts = Image.open(file).histogram()
    border += counts[255]
    for c in range(21):
        pixels[c] += counts[c]
        images[c] += counts[c] > 0
print(json.dumps({"pixels": pixels, "images_with_class": images, "pixels_255": border}))
`;
        const files = dataset.ids.map((_, i) => dataset.files!(i).label);
        const expected = JSON.parse(runPython(program, files));
        const { pixels, images, ignored } = await checkDataset(dataset);
        const seen = { pixels, images_with_class: images, pixels_255: ignored };
        assert.deepEqual(seen, expected);
        // The files present are part of the published set
        const all = published[split];
        assert.ok(pixels.every((count, c) => count <= all.pixels[c]));
        assert.ok(images.every((count, c) => count <= all.images_with_class[c]));
        assert.ok(ignored <= all.pixels_255);
      }
    },
  );
});

test("vocPalette() gives the published colours", () => {
  const palette = vocPalette(256);
  const color = (index: number): number[] => [...palette.subarray(index * 3, index * 3 + 3)];
  assert.deepEqual(color(0), [0, 0, 0]);
  assert.deepEqual(color(1), [128, 0, 0]);
  assert.deepEqual(color(15), [192, 128, 128]);
  assert.deepEqual(color(20), [0, 64, 128]);
  assert.deepEqual(color(255), [224, 224, 192]);
  assert.equal(new Set(Array.from({ length: 256 }, (_, i) => color(i).join())).size, 256);
});
