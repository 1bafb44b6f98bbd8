import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { recognizeFolder } from "../../../lib/data/layout/recognize_folder.ts";
import { withFiles } from "../../support/dataset_folder.ts";
import { rawPng } from "../../support/label_files.ts";
import {
  apart,
  binary,
  byFolder,
  COLORED,
  COLORS,
  grey,
  type Kind,
  NAMES,
  none,
  OBJECT,
  oneBit,
  paletteOfTwo,
  photo,
  type Place,
  read,
  rgb,
  SIZE,
  TRUTH,
  TWO,
} from "./_folder_kinds.ts";

const KINDS: Record<string, Kind> = {
  "index PNGs in train/ and val/": { says: /train 3, val 1 \(by folders\)/ },
  "masks/ beside images/, no classes.json, 0/255, no split": {
    mask: binary,
    place: apart("images", "masks"),
    truth: TWO,
    files: none,
    names: OBJECT,
    says: /0\/255 masks; classes background, object .*; train 3, val 1 \(drawn: 20 % of 4/,
  },
  "VOC's folders under other names": { place: apart("JPEGImages", "SegmentationClass") },
  "img_dir and ann_dir": {
    place: (name) =>
      apart(
        `img_dir/${name === "d" ? "val" : "train"}`,
        `ann_dir/${name === "d" ? "val" : "train"}`,
      )(name),
  },
  "train_images and train_labels": { place: apart("train_images", "train_labels") },
  "valid for val": {
    place: (name) => byFolder(name).map((path) => path.replace("val/", "valid/")) as Place,
    says: /val 1 \(by folders\)/,
  },
  "trainannot": {
    place: (name) =>
      name === "d" ? ["val/d.png", "valannot/d.png"] : apart("train", "trainannot")(name),
    files: none,
    names: ["class 0", "class 1", "class 2"],
  },
  "masks beside their images, with an ending": {
    place: (name) => [`${name}.png`, `${name}_mask.png`],
    says: /labels in NAME_mask/,
  },
  "masks beside JPEGs by format": {
    place: (name) => [`${name}.jpg`, `${name}.png`],
  },
  "prefixes that all files have": {
    place: (name) => [`images/img_${name}.png`, `labels/gt_${name}.png`],
    says: /labels in labels\/gt_NAME/,
  },
  "names in NFD and NFC": {
    place: (name) => [`images/e\u0301${name}.png`, `labels/\u00e9${name}.png`],
    expected: Object.fromEntries(Object.entries(TRUTH).map(([name, v]) => [`\u00e9${name}`, v])),
  },
  "names in upper and lower case": {
    place: (name) => [`images/IMG_${name.toUpperCase()}.PNG`, `labels/img_${name}.png`],
    expected: Object.fromEntries(Object.entries(TRUTH).map(([name, v]) => [`img_${name}`, v])),
  },
  "junk of other systems": {
    files: {
      "classes.json": { classes: NAMES },
      "train/images/.DS_Store": "x",
      "train/images/Thumbs.db": "x",
      "train/labels/._a.png": "x",
      "__MACOSX/train/images/._a.png": "x",
      "train/images/__MACOSX/z.png": "x",
    },
  },
  "lists of two columns from another machine": {
    place: apart("images", "labels"),
    files: {
      "classes.json": { classes: NAMES },
      "train.txt":
        "\ufeff/data/x/images/a.png /data/x/labels/a.png\r\nimages\\b.jpg labels\\b.png\r\n" +
        "./images/c.png,./labels/c.png\r\n",
      "val.txt": "d\n",
      "requirements.txt": "numpy\n",
    },
    says: /train 3, val 1 \(by lists\)/,
  },
  "folders of scenes, each with images and masks": {
    place: (name) => {
      const scene = name < "c" ? "scene_01" : "scene_02";
      return [`${scene}/images/${name}.png`, `${scene}/masks/${name}.png`];
    },
    expected: Object.fromEntries(
      Object.entries(TRUTH).map(([name, v]) => [`scene_0${name < "c" ? 1 : 2}/${name}`, v]),
    ),
    says: /images in \*\/images, labels in \*\/masks; .* train 3, val 1 \(drawn/,
  },
  "folders of scenes below the splits, whose masks have an ending": {
    place: (name) => {
      const scene = `set/${name === "d" ? "val" : "train"}/${name}`;
      return [`${scene}/img/${name}.png`, `${scene}/gt/${name}_gt.png`];
    },
    // One scene alone is an ordinary folder
    expected: { "a/a": TRUTH.a!, "b/b": TRUTH.b!, "c/c": TRUTH.c!, d: TRUTH.d! },
    says: /images in set\/train\/\*\/img|labels in set\/train\/\*\/gt\/NAME_gt/,
  },
  "a list in UTF-16": {
    place: apart("images", "labels"),
    files: {
      "classes.json": { classes: NAMES },
      "train.txt": new Uint8Array([
        255,
        254,
        ...[..."a\nb\nc\n"].flatMap((c) => [c.charCodeAt(0), 0]),
      ]),
      "val.txt": "d",
    },
  },
  "a list whose masks are in another folder": {
    place: apart("JPEGImages", "SegmentationClassAug"),
    files: {
      "class_names.txt": NAMES.join("\n"),
      ...Object.fromEntries(
        Object.keys(TRUTH).map((
          name,
        ) => [`SegmentationClass/${name}.png`, grey(new Array(8).fill(0))]),
      ),
      "ImageSets/Segmentation/train.txt": ["a", "b", "c"].map((name) =>
        `/JPEGImages/${name}.png /SegmentationClassAug/${name}.png`
      ).join("\n"),
      "ImageSets/Segmentation/val.txt": "/JPEGImages/d.png /SegmentationClassAug/d.png\n",
    },
  },
  "0/255 masks of two named classes": {
    mask: binary,
    truth: TWO,
    files: { "classes.json": { classes: ["bg", "object"] } },
    names: ["bg", "object"],
  },
  "masks of 0 and 128": {
    mask: (values) => grey(values.map((value) => value * 128)),
    truth: TWO,
    files: { "classes.json": { classes: ["bg", "object"] } },
    names: ["bg", "object"],
  },
  "masks of 1 bit beside 0/255 masks": { mask: oneBit, truth: TWO, files: none, names: OBJECT },
  "black and white palettes beside 0/255 masks": {
    mask: paletteOfTwo,
    truth: TWO,
    files: none,
    names: OBJECT,
  },
  "0/65535 masks": {
    mask: (values) =>
      rawPng({ ...SIZE, type: 0, depth: 16, samples: values.map((value) => value * 65_535) }),
    truth: TWO,
    files: none,
    names: OBJECT,
  },
  "files of 0 and 1 beside files of 0 and 255, said to be one class": {
    mask: (values, name) => name === "a" ? grey(values) : binary(values),
    truth: TWO,
    files: { "classes.json": { classes: OBJECT } },
    names: OBJECT,
    hints: { encoding: "binary" },
  },
  "RGB masks": { mask: rgb, files: { "classes.json": { classes: COLORED } } },
  "RGB masks by class_dict.csv": {
    mask: rgb,
    files: {
      "class_dict.csv": 'name,r,g,b\r\nground,0,0,0\r\nred,220,40,40\r\n"green",40,200,40\r\n',
    },
    says: /from class_dict.csv/,
  },
  "RGB masks by a class_dict.csv of a spreadsheet": {
    mask: rgb,
    files: {
      "class_dict.csv": '\ufeffname;r;g;b\r\n"ground; soil";0;0;0\r\n\r\n' +
        '"the ""red"" one";220;40;40\r\ngreen; "40";200;40\r\n',
    },
    names: ["ground; soil", 'the "red" one', "green"],
  },
  "RGB masks by label_colors.txt": {
    mask: rgb,
    files: { "label_colors.txt": "0 0 0\tground\n220 40 40\tred\n40 200 40\tgreen\n" },
  },
  "RGB masks and CVAT's labelmap.txt in another order": {
    mask: rgb,
    files: {
      "labelmap.txt": "# label:color_rgb:parts:actions\nground:0,0,0::\ngreen:40,200,40::\n" +
        "red:220,40,40::\n",
    },
    names: ["ground", "green", "red"],
    expected: Object.fromEntries(
      Object.entries(TRUTH).map(([name, values]) => [name, values.map((v) => [0, 2, 1][v]!)]),
    ),
  },
  "Roboflow's masks": {
    place: (name) => {
      const split = name === "d" ? "valid" : "train";
      return [`${split}/${name}.jpg`, `${split}/${name}_mask.png`];
    },
    files: Object.fromEntries(["train", "valid"].map((split) => [
      `${split}/_classes.csv`,
      "Pixel Value, Class\n0, ground\n1, red\n2, green\n",
    ])),
  },
  "palettes in an order of their own": {
    mask: (values, name) => {
      const order = name === "d" ? [2, 0, 1] : [1, 0];
      return rawPng({
        ...SIZE,
        type: 3,
        samples: values.map((value) => order.indexOf(value)),
        palette: order.flatMap((value) => COLORS[value]!),
      });
    },
    files: { "classes.json": { classes: COLORED } },
  },
  "a palette of another viewer": {
    mask: (values) =>
      rawPng({ ...SIZE, type: 3, depth: 2, samples: values, palette: [9, 9, 9, 8, 8, 8, 7, 7, 7] }),
  },
  "grey of 2 bits": { mask: (values) => rawPng({ ...SIZE, type: 0, depth: 2, samples: values }) },
  "grey of 16 bits": { mask: (values) => rawPng({ ...SIZE, type: 0, depth: 16, samples: values }) },
  "red, green and blue alike": {
    mask: (values) => rawPng({ ...SIZE, type: 2, samples: values.flatMap((v) => [v, v, v]) }),
  },
  "the shape in alpha": {
    mask: (values) =>
      rawPng({ ...SIZE, type: 4, samples: values.flatMap((value) => [0, value * 255]) }),
    truth: TWO,
    files: none,
    names: OBJECT,
    says: /masks in the alpha channel/,
  },
  "ids out of order": {
    files: {
      "classes.json": {
        classes: [{ id: 2, name: "green" }, { id: 0, name: "ground" }, { id: 1, name: "red" }],
      },
    },
    names: ["green", "ground", "red"],
    expected: Object.fromEntries(
      Object.entries(TRUTH).map(([name, values]) => [name, values.map((v) => [1, 2, 0][v]!)]),
    ),
  },
  "ignore under another toolkit's name": {
    files: { "classes.json": { classes: ["ground", "red"], ignore_label: 2 } },
    names: ["ground", "red"],
    expected: { ...TRUTH, d: [0, 0, 255, 255, 1, 1, 0, 0] },
  },
  "a first class that never occurs where the value to leave out is that of a class": {
    mask: (values) => grey(values.map((value) => value === 0 ? 3 : value)),
    files: { "classes.json": { classes: [...NAMES, "unknown"], ignore_label: 3 } },
    names: [...NAMES, "unknown"],
    expected: Object.fromEntries(
      Object.entries(TRUTH).map(([name, values]) => [name, values.map((v) => v === 0 ? 255 : v)]),
    ),
  },
  "the id of a class as the value to leave out, among other ids": {
    files: {
      "classes.json": {
        classes: [{ id: 2, name: "green" }, { id: 1, name: "red" }, { id: 0, name: "void" }],
        ignore: 0,
      },
    },
    names: ["green", "red", "void"],
    expected: Object.fromEntries(
      Object.entries(TRUTH).map(([name, values]) => [name, values.map((v) => [255, 1, 0][v]!)]),
    ),
  },
  "data.reduceZero with 0 as the value to leave out": {
    mask: (values) => grey(values.map((value) => value === 2 ? 0 : value + 1)),
    files: { "classes.json": { classes: ["ground", "red"], ignore: 0 } },
    names: ["ground", "red"],
    hints: { reduceZero: true },
    expected: { ...TRUTH, d: [0, 0, 255, 255, 1, 1, 0, 0] },
  },
  "ignore -1": { files: { "classes.json": { classes: NAMES, ignore_index: -1 } } },
  "a classes.json in UTF-16": {
    files: {
      "classes.json": new Uint8Array([
        255,
        254,
        ...[...JSON.stringify({ classes: NAMES })].flatMap((c) => [c.charCodeAt(0), 0]),
      ]),
    },
  },
  "labels that count from 1, with data.reduceZero": {
    mask: (values) => grey(values.map((value) => value + 1)),
    hints: { reduceZero: true },
  },
  "a label map": {
    mask: (values) => grey(values.map((value) => [0, 4, 9][value]!)),
    files: none,
    hints: { labelMap: { "4": "road", "9": "car", "0": "ignore" } },
    names: ["road", "car"],
    expected: Object.fromEntries(
      Object.entries(TRUTH).map(([name, values]) => [name, values.map((v) => [255, 0, 1][v]!)]),
    ),
  },
  "a label map in classes.json": {
    mask: (values) => grey(values.map((value) => [7, 4, 9][value]!)),
    files: {
      "classes.json": { classes: NAMES, labelMap: { "7": "ground", "4": "red", "9": "green" } },
    },
  },
};

describe("recognizeFolder() reads to the truth, pixel by pixel,", () => {
  for (const [what, kind] of Object.entries(KINDS)) {
    test(what, async () => {
      assert.deepEqual(await read(kind), kind.expected ?? kind.truth ?? TRUTH);
    });
  }
});

test("recognizeFolder() names pictures that no split holds", () =>
  withFiles({
    "classes.json": { classes: ["ground", "red"], licence: "CC0" },
    "train/images/a.png": photo(1),
    "train/labels/a.png": grey(TRUTH.a!),
    "val/images/b.png": photo(2),
    "val/labels/b.png": grey(TRUTH.b!),
    "extra/z.png": photo(3),
  }, async (dir) => {
    const { notices } = await recognizeFolder(dir, {});
    assert.deepEqual(notices, [
      "1 picture is in no split: extra (1)",
      "classes.json has keys that are not read: licence",
    ]);
  }));
