import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import { mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openDataset } from "../../../lib/data/registry.ts";
import { type Content, picture, pngBomb, withFiles } from "../../support/dataset_folder.ts";

const PICTURE = picture(8, 8);
const SQUARE = [0, 0, 4, 0, 4, 4, 0, 4];

function coco(changes: Record<string, unknown>): Record<string, Content> {
  const annotation = { image_id: 1, category_id: 1, iscrowd: 0, segmentation: [SQUARE] };
  const content = {
    images: [{ id: 1, file_name: "a.png", width: 8, height: 8 }],
    annotations: [annotation],
    categories: [{ id: 1, name: "car" }],
  };
  return { "instances_train.json": { ...content, ...changes }, "a.png": PICTURE };
}

function annotated(changes: object): Record<string, Content> {
  return coco({
    annotations: [{ image_id: 1, category_id: 1, segmentation: [SQUARE], ...changes }],
  });
}

function labelme(changes: object): Record<string, Content> {
  const shape = { label: "car", shape_type: "polygon", points: [[0, 0], [4, 0], [4, 4]] };
  return {
    "train/a.json": {
      shapes: [{ ...shape, ...changes }],
      imagePath: "a.png",
      imageWidth: 8,
      imageHeight: 8,
    },
    "train/a.png": PICTURE,
  };
}

function cvat(body: string, head = ""): Record<string, Content> {
  const image = `<image id="0" name="a.png" width="8" height="8">${body}</image>`;
  return {
    "train/annotations.xml": `${head}<annotations>${image}</annotations>`,
    "train/a.png": PICTURE,
  };
}

function yolo(
  label: string,
  yaml = "train: images/train\nnames: [car]\n",
): Record<string, Content> {
  return { "data.yaml": yaml, "images/train/a.png": PICTURE, "labels/train/a.txt": label };
}

function supervisely(object: object): Record<string, Content> {
  return {
    "meta.json": { classes: [{ title: "car", color: "#ff0000" }] },
    "train/img/a.png": PICTURE,
    "train/ann/a.png.json": {
      size: { width: 8, height: 8 },
      objects: [{ classTitle: "car", ...object }],
    },
  };
}

function studio(result: object): Record<string, Content> {
  const common = { original_width: 8, original_height: 8, type: "polygonlabels" };
  const task = { data: { image: "a.png" }, annotations: [{ result: [{ ...common, ...result }] }] };
  return { "train.json": [task], "a.png": PICTURE };
}

/** Nested so deeply that a parser that calls itself would run out of stack. */
const DEEP = "[".repeat(1_000_000);
const BOMB = deflateSync(new Uint8Array(2 ** 27 + 1)).toString("base64");

const CASES: [what: string, reader: string, files: Record<string, Content>, message: RegExp][] = [
  ["COCO without outlines", "coco", annotated({ segmentation: [] }), /boxes alone do not say/],
  [
    "COCO with an odd polygon",
    "coco",
    annotated({ segmentation: [[1, 2, 3, 4, 5]] }),
    /annotations\[0\]: a polygon of 5 numbers/,
  ],
  [
    "COCO with text in a polygon",
    "coco",
    annotated({ segmentation: [[...SQUARE, 1, "x"]] }),
    /"x" where a coordinate/,
  ],
  [
    "COCO with a far point",
    "coco",
    annotated({ segmentation: [[...SQUARE, 1e9, 1]] }),
    /1000000000 where a coordinate/,
  ],
  ["COCO with an unknown category", "coco", annotated({ category_id: 7 }), /unknown category_id 7/],
  ["COCO with an unknown picture", "coco", annotated({ image_id: 7 }), /unknown image_id 7/],
  [
    "COCO with run lengths of another size",
    "coco",
    annotated({ segmentation: { size: [9, 9], counts: [81] } }),
    /9x9 at 0, 0 is not inside/,
  ],
  [
    "COCO with run lengths too long",
    "coco",
    annotated({ segmentation: { size: [8, 8], counts: [0, 2 ** 31] } }),
    /does not fit 64 pixels/,
  ],
  [
    "COCO with a huge size",
    "coco",
    annotated({ segmentation: { size: [1e6, 1e6], counts: [0] } }),
    /more than 67108864 pixels/,
  ],
  [
    "COCO with a broken string",
    "coco",
    annotated({ segmentation: { size: [8, 8], counts: "oooooooo" } }),
    /break off/,
  ],
  [
    "COCO with a picture's size that is wrong",
    "coco",
    coco({ images: [{ id: 1, file_name: "a.png", width: 9, height: 8 }] }),
    /is 8x8, label ".*json" is 9x8/,
  ],
  [
    "COCO that names a file outside",
    "coco",
    coco({ images: [{ id: 1, file_name: "../../etc/passwd" }] }),
    /no image named/,
  ],
  [
    "COCO that names an absolute path",
    "coco",
    coco({ images: [{ id: 1, file_name: "/etc/passwd" }] }),
    /no image named/,
  ],
  ["COCO without categories", "coco", coco({ categories: [] }), /it has no categories/],
  [
    "COCO with a category twice",
    "coco",
    coco({ categories: [{ id: 1, name: "a" }, { id: 1, name: "b" }] }),
    /its id 1 is used twice/,
  ],
  [
    "COCO with a steering name",
    "coco",
    coco({ categories: [{ id: 1, name: "a\u001b[2J" }] }),
    /its name is "a\\u001b\[2J"/,
  ],
  ["COCO that breaks off", "coco", {
    "instances_train.json": '{"images": [{"id": 1',
    "a.png": PICTURE,
  }, /not JSON/],
  ["COCO whose names are no UTF-8", "coco", {
    "instances_train.json": Buffer.from(
      '{"images": [{"id": 1, "file_name": "a\xf8.png"}]}',
      "latin1",
    ),
    "a.png": PICTURE,
  }, /not JSON/],
  ["COCO nested deeply", "coco", {
    "instances_train.json": `{"images": [${DEEP}`,
    "a.png": PICTURE,
  }, /nested more than 64 deep/],
  [
    "labelme nested deeply",
    "labelme",
    { "a.json": `{"shapes": ${DEEP}`, "a.png": PICTURE },
    /not JSON/,
  ],
  [
    "labelme of an unknown shape",
    "labelme",
    labelme({ shape_type: "spline" }),
    /shape_type is none of polygon/,
  ],
  [
    "labelme with too few points",
    "labelme",
    labelme({ points: [[1, 1], [2, 2]] }),
    /polygon of 2 points/,
  ],
  [
    "labelme with a point that is none",
    "labelme",
    labelme({ points: [[1, 1], [2, 2], [3]] }),
    /no pair of numbers/,
  ],
  [
    "labelme with a bomb for a mask",
    "labelme",
    labelme({ shape_type: "mask", mask: Buffer.from(pngBomb()).toString("base64") }),
    /more than the limit/,
  ],
  [
    "CVAT with entities",
    "cvat",
    cvat("", '<!DOCTYPE a [<!ENTITY b "bbbb">]>'),
    /declares entities/,
  ],
  ["CVAT that is no XML", "cvat", cvat("<polygon>"), /not XML \(line 1/],
  [
    "CVAT with points alone",
    "cvat",
    cvat('<points label="car" points="1,1"/>'),
    /a <points> covers no pixels/,
  ],
  [
    "CVAT with a broken number",
    "cvat",
    cvat('<polygon label="car" points="1,1;2,2;3,x"/>'),
    /"x" stands where a number/,
  ],
  [
    "CVAT with a mask outside",
    "cvat",
    cvat('<mask label="car" rle="0, 4" left="7" top="0" width="2" height="2"/>'),
    /2x2 at 7, 0 is not inside/,
  ],
  [
    "CVAT with broken run lengths",
    "cvat",
    cvat('<mask label="car" rle="0, , 4" left="0" top="0" width="2" height="2"/>'),
    /run 1 of length NaN/,
  ],
  ["CVAT for video", "cvat", {
    "annotations.xml": '<annotations><track id="0"></track></annotations>',
  }, /CVAT for video/],
  ["YOLO with boxes", "yolo", yolo("0 0.5 0.5 0.1 0.1\n"), /line 1: it is a box of 4 numbers/],
  ["YOLO in pixels", "yolo", yolo("0 1 1 100 1 100 100\n"), /coordinate 100 is no share/],
  [
    "YOLO with an unknown class",
    "yolo",
    yolo("3 0 0 1 0 1 1\n"),
    /its class is 3, data\.yaml names 1/,
  ],
  ["YOLO with a class that is no number", "yolo", yolo("car 0 0 1 0 1 1\n"), /its class is null/],
  [
    "YOLO with aliases",
    "yolo",
    yolo("", "a: &a [1]\ntrain: images/train\nnames: *a\n"),
    /not YAML/,
  ],
  [
    "YOLO with a gap in its names",
    "yolo",
    yolo("", "train: images/train\nnames: {0: car, 2: bus}\n"),
    /names has no class 1/,
  ],
  [
    "YOLO with a split that leads out",
    "yolo",
    yolo("", "train: ../../../etc\nnames: [car]\n"),
    /there is no "\.\.\/\.\.\/\.\.\/etc"/,
  ],
  [
    "Supervisely with a bomb",
    "supervisely",
    supervisely({ geometryType: "bitmap", bitmap: { data: BOMB, origin: [0, 0] } }),
    /objects|bitmap's data/,
  ],
  [
    "Supervisely with points alone",
    "supervisely",
    supervisely({ geometryType: "point", points: { exterior: [[1, 1]], interior: [] } }),
    /a point covers no pixels/,
  ],
  [
    "Supervisely with an unknown class",
    "supervisely",
    supervisely({
      classTitle: "bus",
      geometryType: "polygon",
      points: { exterior: [[1, 1], [2, 1], [2, 2]] },
    }),
    /its class "bus" is none/,
  ],
  [
    "Label Studio on a turned picture",
    "label-studio",
    studio({ image_rotation: 90, value: {} }),
    /turned picture/,
  ],
  [
    "Label Studio with two labels",
    "label-studio",
    studio({ value: { points: [[0, 0], [9, 0], [9, 9]], polygonlabels: ["a", "b"] } }),
    /2 labels, must be 1/,
  ],
  [
    "Label Studio with broken run lengths",
    "label-studio",
    studio({
      type: "brushlabels",
      value: { format: "rle", rle: [0, 0, 1, 0, 58], brushlabels: ["a"] },
    }),
    /run lengths/,
  ],
];

describe("DatasetReader.open()", () => {
  for (const [what, reader, files, message] of CASES) {
    test(`DatasetReader.open() refuses ${what} in one line that names the file`, () =>
      withFiles(files, async (dir) => {
        const read = async (): Promise<void> => {
          const dataset = await openDataset(reader, { dir, split: "train" });
          for (const index of dataset.ids.keys()) await dataset.read(index);
        };
        await assert.rejects(read(), (error: Error) => {
          assert.match(error.message, message);
          assert.match(error.message, /^Cannot /);
          assert.ok(!error.message.includes("\n"));
          assert.ok(error.message.includes(dir));
          return true;
        });
      }));
  }

  test("DatasetReader.open() refuses JSON of more than 512 MiB without reading it", () =>
    withFiles(coco({}), async (dir) => {
      await truncate(join(dir, "instances_train.json"), 2 ** 29 + 1);
      const message = /it has 512\.0 MiB, the most is 512 MiB/;
      await assert.rejects(openDataset("coco", { dir, split: "train" }), message);
    }));

  test("DatasetReader.open() refuses an image of more than 10^7 vertices", () =>
    withFiles({ "a.png": PICTURE }, async (dir) => {
      const polygon = `[${"0,0,".repeat(500_000)}8,8]`;
      const annotation = `{"image_id":1,"category_id":1,"segmentation":[${polygon}]}`;
      const text = '{"images":[{"id":1,"file_name":"a.png","width":8,"height":8}],' +
        `"categories":[{"id":1,"name":"car"}],"annotations":[${
          Array(21).fill(annotation).join(",")
        }]}`;
      await writeFile(join(dir, "instances_train.json"), text);
      const message = /annotations\[19\]: its image has more than 10000000 vertices/;
      await assert.rejects(openDataset("coco", { dir, split: "train" }), message);
    }));

  test("DatasetReader.open() reads no pipe and follows links in a circle to no end", () =>
    withFiles(coco({}), async (dir) => {
      await mkdir(join(dir, "annotations"));
      await symlink(dir, join(dir, "annotations", "again"));
      await assert.rejects(
        openDataset("coco", { dir, split: "train" }),
        /links make it the folder/,
      );
    }));
});
