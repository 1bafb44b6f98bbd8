import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { folderReader } from "../../../lib/data/readers/folder.ts";
import { type Content, labels, picture, withFiles } from "../../support/dataset_folder.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";

const CLASSES = {
  classes: [{ name: "road", color: [128, 64, 128] }, { name: "sky", color: [70, 130, 180] }],
  ignore: 200,
};
const PAIR = { "a.png": labels(4, 3, { values: [0, 1, 200] }), "a.jpg": picture(4, 3) };

function split(place: string, names = ["a", "b"]): Record<string, Content> {
  const [images, maps] = place.includes("*")
    ? [place.replace("*", "images"), place.replace("*", "labels")]
    : [`${place}images`, `${place}labels`];
  return Object.fromEntries(names.flatMap((name) => [
    [`${images}/${name}.png`, PAIR["a.jpg"]],
    [`${maps}/${name}.png`, PAIR["a.png"]],
  ]));
}

describe("folderReader", () => {
  for (
    const [layout, files] of Object.entries<Record<string, Content>>({
      "folders of its own": { ...split("train/"), ...split("val/") },
      "subfolders of images and labels": { ...split("*/train"), ...split("*/val") },
      "a list": { ...split("", ["a", "b", "c"]), "train.txt": "a\r\n\nb.jpg\n", "val.txt": "c" },
      "a list beside folders": {
        ...split("train/"),
        ...split("val/"),
        "train.txt": "\ufeffa\nb",
      },
      "a list of another machine": {
        ...split("", ["a", "b", "c"]),
        "train.txt": "/data/pets/images/a.jpg\n.\\images\\b.png labels/b.png",
        "val.txt": "c",
      },
    })
  ) {
    test(`folderReader.open() opens a split that is ${layout}`, () =>
      withFiles({ "classes.json": CLASSES, ...files }, async (dir) => {
        const dataset = await folderReader.open({ dir, split: "train" });
        assert.deepEqual(dataset.ids, ["a", "b"]);
        assert.deepEqual(dataset.classes, CLASSES.classes);
        assert.equal(dataset.ignoreLabel, 200);
        const sample = await dataset.read(1);
        assert.equal(sample.id, "b");
        assert.deepEqual([...sample.label.data.subarray(0, 4)], [0, 1, 200, 0]);
        await assert.rejects(dataset.read(2), RangeError);
      }));
  }

  test("folderReader.open() keeps the order of a list and finds names in subfolders", () =>
    withFiles({
      "classes.json": CLASSES,
      ...split("", ["x/2", "x/1", "0"]),
      "val.txt": "x/2\n0\nx/1\n",
    }, async (dir) => {
      assert.deepEqual((await folderReader.open({ dir, split: "val" })).ids, ["x/2", "0", "x/1"]);
    }));

  test("folderReader.open() takes names and colours apart, and VOC's colours without any", () =>
    withFiles({
      "classes.json": { classes: ["one", "two"], colours: [[1, 2, 3]], ignore_index: 2 },
      ...split("train/"),
    }, async (dir) => {
      const { classes, ignoreLabel } = await folderReader.open({ dir, split: "train" });
      assert.deepEqual(classes, [{ name: "one", color: [1, 2, 3] }, {
        name: "two",
        color: [128, 0, 0],
      }]);
      assert.equal(ignoreLabel, 2);
    }));

  const faults: Record<string, { files: Record<string, Content>; message: RegExp }> = {
    "a list of a part of its folder": {
      files: {
        "classes.json": CLASSES,
        ...split("train/", ["a", "b", "c"]),
        "train.txt": "a\nb",
      },
      message:
        /train.txt names 2 of the 3 images in .*data.lists=use .* data.lists=ignore \(all\)$/,
    },
    "values that nothing names": {
      files: split("train/"),
      message: /labels are 0, 1, 200, and no file names the classes: name them with --set 'data.l/,
    },
    "a misspelt key": {
      files: { ...split("train/"), "classes.json": { classes: ["a", "b"], ignore_lable: 200 } },
      message: /the unknown key "ignore_lable" must be one of classes, .*, ignore_label, /,
    },
    "a classes.json that is no JSON": {
      files: { ...split("train/"), "classes.json": "classes: 3" },
      message: /^Cannot read ".*classes.json": not JSON/,
    },
    "a nameless class": {
      files: { ...split("train/"), "classes.json": { classes: [{ color: [0, 0, 0] }] } },
      message: /^Cannot use ".*classes.json": classes\[0\] must be named/,
    },
    "a wrong colour": {
      files: {
        ...split("train/"),
        "classes.json": { classes: [{ name: "a", color: [0, 0, 256] }] },
      },
      message: /the colour of classes\[0\] must be three integers in 0..255/,
    },
    "a wrong ignore label": {
      files: { ...split("train/"), "classes.json": { classes: ["a"], ignore: -2 } },
      message: /ignore must be an integer in 0..255/,
    },
    "an unknown split": {
      files: { "classes.json": CLASSES, ...split("day/"), ...split("night/") },
      message:
        /^Cannot open split "train" of ".*": there is none of that name, available: day, night$/,
    },
    "no layout at all": {
      files: { "classes.json": CLASSES },
      message:
        /there are no pictures in it; expected train\/images and train\/labels, or images, labels/,
    },
    "an empty list": {
      files: { "classes.json": CLASSES, ...split(""), "train.txt": "\n", "val.txt": "a" },
      message: /^Cannot open split "train" of ".*": it is empty, other splits: val$/,
    },
    "an image without label": {
      files: { "classes.json": CLASSES, ...split("train/"), "train/images/z.png": PAIR["a.jpg"] },
      message: /^Cannot open split "train" of ".*": no label named "z" in ".*labels"$/,
    },
    "a label without image": {
      files: { "classes.json": CLASSES, ...split("train/"), "train/labels/z.png": PAIR["a.png"] },
      message: /^Cannot open split "train" of ".*": no image named "z" in ".*images"$/,
    },
    "listed names without files": {
      files: { "classes.json": CLASSES, ...split(""), "train.txt": "a\nq\nr" },
      message:
        /train.txt" line 2: "q" names no image inside the data set's folder, nor do 1 more of its l/,
    },
    "a name listed twice": {
      files: { "classes.json": CLASSES, ...split(""), "train.txt": "a\nb\na.png" },
      message: /^Cannot use ".*train.txt" line 3: "a" is listed twice, first in line 1; remove one/,
    },
    "two images of one name": {
      files: { "classes.json": CLASSES, ...split("train/"), "train/images/a.jpg": PAIR["a.jpg"] },
      message: /^Cannot use two files of one name: ".*a.jpg" and ".*a.png"/,
    },
  };
  for (
    const name of [
      "../a",
      "/etc/passwd",
      "x/../../a",
      "a\u0000",
      "a\u009b",
      "a".repeat(5000),
    ]
  ) {
    faults[`the hostile name ${JSON.stringify(name.slice(0, 20))}`] = {
      files: { "classes.json": CLASSES, ...split(""), "train.txt": `a\n${name}` },
      message:
        /^Cannot use ".*train.txt" line 2: ".*" names no image inside the data set's folder$/,
    };
  }
  for (const [fault, { files, message }] of Object.entries(faults)) {
    test(`folderReader.open() refuses ${fault} in one line`, () =>
      withFiles(files, async (dir) => {
        await assert.rejects(folderReader.open({ dir, split: "train" }), (error: Error) => {
          assert.match(error.message, message);
          assert.ok(!error.message.includes("\n") && !error.message.endsWith("."));
          return true;
        });
      }));
  }

  test("folderReader.open() refuses a folder that is not there", async () => {
    await assert.rejects(folderReader.open({ dir: "no/where", split: "train" }), {
      message: 'Cannot open data set folder "no/where": there is no such folder',
    });
  });

  test("folderReader.open() names both files when their sizes differ", () =>
    withFiles({
      "classes.json": CLASSES,
      "train/images/a.png": picture(4, 3),
      "train/labels/a.png": labels(3, 4),
    }, async (dir) => {
      const dataset = await folderReader.open({ dir, split: "train" });
      await assert.rejects(dataset.read(0), {
        name: "DamagedFileError",
        message:
          /image ".*images.a.png" is 4x3, label ".*labels.a.png" is 3x4, they must be of one/,
      });
    }));

  test("folderReader.open() names a file that cannot be decoded", () =>
    withFiles({
      "classes.json": CLASSES,
      "train/images/a.png": picture(4, 3).subarray(0, 50),
      "train/labels/a.png": labels(4, 3),
    }, async (dir) => {
      const dataset = await folderReader.open({ dir, split: "train" });
      await assert.rejects(
        dataset.read(0),
        /^DamagedFileError: Cannot decode PNG ".*images.a.png": file/,
      );
    }));

  test("folderReader.open() reads the real CamVid folder as it is, to the published pixel counts", {
    skip: skipWithout("data/camvid-small"),
  }, async () => {
    const dir = sharedPath("data/camvid-small");
    const published = JSON.parse(readFileSync(`${dir}/classes.json`, "utf8"));
    for (const [name, count] of Object.entries({ train: 367, val: 101, test: 233 })) {
      const dataset = await folderReader.open({ dir, split: name });
      assert.equal(dataset.ids.length, count);
      assert.equal(dataset.ignoreLabel, 11);
      assert.deepEqual(dataset.classes[3], { name: "Road", color: [128, 64, 128] });
      const pixels = new Array(12).fill(0);
      for (let i = 0; i < count; i++) {
        const { image, label } = await dataset.read(i);
        assert.deepEqual([image.width, image.height], [160, 120]);
        for (const value of label.data) pixels[value]++;
      }
      assert.deepEqual(pixels, published.splits[name].pixels_per_class);
    }
  });
});
