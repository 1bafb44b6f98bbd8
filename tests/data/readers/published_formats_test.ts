import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { encodePng } from "../../../lib/data/codecs/png_encode.ts";
import { DamagedFileError } from "../../../lib/data/dataset.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { findLayout } from "../../../lib/data/validate/inspect_data.ts";
import { type Content, labels, picture, withFiles } from "../../support/dataset_folder.ts";

const IMAGE = picture(3, 1);

function grey(...values: number[]): Uint8Array {
  return labels(values.length, 1, { values });
}

/** A PNG whose colours are numbers of segments. */
function segments(...values: number[]): Uint8Array {
  const data = Uint8Array.from(values.flatMap((value) => [value, value >> 8, value >> 16]));
  return encodePng({ width: values.length, height: 1, channels: 3, data });
}

interface PublishedCase {
  what: string;
  reader: string;
  files: Record<string, Content>;
  /** Labels of the first sample of `train` and what they are read as. */
  truth: number[];
  classes: number;
  /** Name and index of some classes. */
  names: Record<string, number>;
  splits: string[];
  /** A label file and content that is a fault. */
  wrong?: [file: string, content: Uint8Array, message: RegExp];
}

const PANOPTIC = {
  images: [{ id: 9, file_name: "a.jpg", width: 3, height: 1 }],
  annotations: [{
    image_id: 9,
    file_name: "a.png",
    segments_info: [
      { id: 70_000, category_id: 5, iscrowd: 0 },
      { id: 3, category_id: 5, iscrowd: 1 },
    ],
  }],
  categories: [{ id: 5, name: "car" }, { id: 2, name: "sky" }],
};

const CASES: PublishedCase[] = [
  {
    what: "ADE20K",
    reader: "ade20k",
    files: {
      "ADEChallengeData2016/images/training/ADE_train_00000001.jpg": IMAGE,
      "ADEChallengeData2016/annotations/training/ADE_train_00000001.png": grey(0, 1, 150),
      "ADEChallengeData2016/images/validation/ADE_val_00000001.jpg": picture(3, 1),
      "ADEChallengeData2016/annotations/validation/ADE_val_00000001.png": grey(1, 2, 3),
    },
    truth: [255, 0, 149],
    classes: 150,
    names: { wall: 0, "chest of drawers": 44, flag: 149 },
    splits: ["train", "val"],
    wrong: [
      "ADEChallengeData2016/annotations/training/ADE_train_00000001.png",
      grey(151),
      /151 at column 0, row 0 is none of ADE20K's values 0 to 150/,
    ],
  },
  {
    what: "Pascal Context",
    reader: "pascal-context",
    files: {
      "VOCdevkit/VOC2010/JPEGImages/a.jpg": IMAGE,
      "VOCdevkit/VOC2010/SegmentationClassContext/a.png": grey(0, 59, 255),
      "VOCdevkit/VOC2010/ImageSets/SegmentationContext/train.txt": "a\n",
      "VOCdevkit/VOC2010/ImageSets/SegmentationContext/val.txt": "",
    },
    truth: [0, 59, 255],
    classes: 60,
    names: { background: 0, aeroplane: 1, tvmonitor: 55, wood: 59 },
    splits: ["train"],
  },
  {
    what: "COCO-Stuff's stuffthingmaps",
    reader: "coco-stuff",
    files: {
      "train2017/000000000009.jpg": IMAGE,
      "stuffthingmaps/train2017/000000000009.png": grey(0, 181, 255),
      "images/val2017/000000000139.jpg": IMAGE,
      "stuffthingmaps/val2017/000000000139.png": grey(12, 89, 91),
    },
    truth: [0, 170, 255],
    classes: 171,
    names: { person: 0, toothbrush: 79, banner: 80, wood: 170 },
    splits: ["train", "val"],
    wrong: ["stuffthingmaps/train2017/000000000009.png", grey(11), /11 at .* none of COCO-Stuff's/],
  },
  {
    what: "COCO-Stuff's labelTrainIds",
    reader: "coco-stuff",
    files: {
      "images/train2017/a.jpg": IMAGE,
      "annotations/train2017/a.png": grey(9, 9, 9),
      "annotations/train2017/a_labelTrainIds.png": grey(0, 170, 255),
    },
    truth: [0, 170, 255],
    classes: 171,
    names: { wood: 170 },
    splits: ["train"],
  },
  {
    what: "Oxford-IIIT Pet",
    reader: "oxford-pet",
    files: {
      ...Object.fromEntries(["a", "b", "c"].flatMap((name) => [
        [`images/${name}.jpg`, IMAGE],
        [`annotations/trimaps/${name}.png`, grey(1, 2, 3)],
        [`annotations/trimaps/._${name}.png`, "junk"],
      ])),
      "annotations/trainval.txt": "a 1 1 1\nb 1 1 1\n",
      "annotations/test.txt": "c 1 1 1\n",
    },
    truth: [1, 0, 255],
    classes: 2,
    names: { background: 0, pet: 1 },
    splits: ["train", "val", "test"],
    wrong: ["annotations/trimaps/a.png", grey(0), /0 at .* is none of the trimaps' values 1 to 3/],
  },
  {
    what: "Mapillary Vistas",
    reader: "mapillary",
    files: {
      "config_v2.0.json": {
        labels: [
          { name: "a--bird", readable: "Bird", color: [165, 42, 42] },
          { name: "void--unlabeled", readable: "Unlabeled", color: [0, 0, 0] },
          { name: "a--curb", readable: "Curb", color: [196, 196, 196] },
        ],
      },
      "training/images/a.jpg": IMAGE,
      "training/v2.0/labels/a.png": grey(0, 1, 2),
    },
    truth: [0, 255, 1],
    classes: 2,
    names: { Bird: 0, Curb: 1 },
    splits: ["train"],
    wrong: ["training/v2.0/labels/a.png", grey(3), /3 at .* none of the 3 values of config_v2\.0/],
  },
  {
    what: "LoveDA",
    reader: "loveda",
    files: {
      "Train/Rural/images_png/0.png": IMAGE,
      "Train/Rural/masks_png/0.png": grey(0, 1, 7),
      "Train/Urban/images_png/1366.png": IMAGE,
      "Train/Urban/masks_png/1366.png": grey(0, 1, 7),
      "Val/Urban/images_png/3.png": picture(3, 1),
      "Val/Urban/masks_png/3.png": grey(1, 2, 3),
    },
    truth: [255, 0, 6],
    classes: 7,
    names: { background: 0, agricultural: 6 },
    splits: ["train", "val"],
  },
  {
    what: "COCO panoptic",
    reader: "coco-panoptic",
    files: {
      "annotations/panoptic_train2017.json": PANOPTIC,
      "annotations/panoptic_train2017/a.png": segments(70_000, 0, 3),
      "train2017/a.jpg": IMAGE,
    },
    truth: [1, 255, 255],
    classes: 2,
    names: { sky: 0, car: 1 },
    splits: ["train"],
    wrong: [
      "annotations/panoptic_train2017/a.png",
      segments(7, 0, 0),
      /7 at column 0, row 0 is no segment of its annotation/,
    ],
  },
];

describe("DatasetReader.open()", () => {
  for (const { what, reader, files, truth, classes, names, splits, wrong } of CASES) {
    test(`DatasetReader.open() reads ${what}`, async () => {
      await withFiles(files, async (dir) => {
        assert.deepEqual(await findLayout(dir), { reader, dir, splits });
        const dataset = await openDataset(reader, { dir, split: "train" });
        assert.equal(dataset.classes.length, classes);
        for (const [name, index] of Object.entries(names)) {
          assert.equal(dataset.classes[index]!.name, name);
        }
        assert.deepEqual([...(await dataset.read(0)).label.data], truth);
        await assert.rejects(openDataset(reader, { dir, split: "nowhere" }), /nowhere/);
        await assert.rejects(openDataset(reader, { dir: `${dir}/none`, split: "train" }));
      });
      if (wrong === undefined) return;
      const [file, content, message] = wrong;
      const bad = { ...files, [file]: content };
      await withFiles(bad, async (dir) => {
        for (const split of ["train", "val"]) {
          const dataset = await openDataset(reader, { dir, split }).catch(() => null);
          if (!dataset?.files?.(0).label.endsWith(file)) continue;
          await assert.rejects(dataset.read(0), (error: Error) => {
            assert.ok(error instanceof DamagedFileError);
            assert.match(error.message, message);
            return true;
          });
        }
      });
    });
  }
});
