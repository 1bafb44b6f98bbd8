import assert from "node:assert/strict";
import process from "node:process";
import { describe, test } from "node:test";
import { fingerprintDataset } from "../../../lib/data/fingerprint.ts";
import { checkDataset } from "../../../lib/data/validate/check_dataset.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { findLayout } from "../../../lib/data/validate/inspect_data.ts";
import { longSkip } from "../../support/long_test.ts";
import {
  ANNOTATION_FOLDERS,
  BOX_SAMPLES,
  NAMES,
  pictureOf,
  SIDE,
  truthOf,
} from "../../support/annotation_folders.ts";
import { type Content, picture, withFiles } from "../../support/dataset_folder.ts";

describe("DatasetReader.open()", () => {
  for (const { what, reader, files } of ANNOTATION_FOLDERS) {
    test(`DatasetReader.open() reads ${what} as their index PNGs`, () =>
      withFiles(files(), async (dir) => {
        assert.deepEqual(await findLayout(dir), { reader, dir, splits: ["train", "val"] });
        for (const split of ["train", "val"]) {
          const dataset = await openDataset(reader, { dir, split });
          const samples = BOX_SAMPLES.filter((sample) => sample.split === split);
          assert.deepEqual(dataset.classes.map(({ name }) => name), NAMES);
          assert.equal(dataset.ignoreLabel, 255);
          assert.equal(dataset.ids.length, samples.length);
          for (const [i, sample] of samples.entries()) {
            const { id, image, label } = await dataset.read(i);
            assert.match(id, new RegExp(`${sample.name}$`));
            assert.deepEqual([image.width, image.height], [SIDE, SIDE]);
            assert.deepEqual(label.data, truthOf(sample));
          }
        }
      }));
  }

  const filesOf = (name: string): Record<string, Content> =>
    ANNOTATION_FOLDERS.find(({ what }) => what === name)!.files();
  const renamed = (files: Record<string, Content>, from: RegExp, to: string): typeof files =>
    Object.fromEntries(
      Object.entries(files).map(([path, content]) => [path.replace(from, to), content]),
    );

  test("DatasetReader.open() reads YOLO labels below a folder that data.yaml names", () =>
    withFiles({
      ...renamed(filesOf("YOLO polygons"), /^(images|labels)\//, "set/$1/"),
      "data.yaml": "path: /home/me/set\ntrain: images/train\nval: images/val\nnames: [car, road]\n",
    }, async (dir) => {
      const { ids, read } = await openDataset("auto", { dir, split: "val" });
      assert.deepEqual(ids, ["p4", "p5"]);
      assert.deepEqual((await read(1)).label.data, truthOf(BOX_SAMPLES[5]!));
    }));

  test("DatasetReader.open() reads YOLO labels with classes.txt, and draws a split", () => {
    const flat = renamed(filesOf("YOLO polygons"), /^(images|labels)\/(train|val)/, "$1");
    const { "data.yaml": _, ...files } = flat;
    return withFiles({ ...files, "classes.txt": "car\nroad\n" }, async (dir) => {
      const train = await openDataset("auto", { dir, split: "train" });
      const val = await openDataset("auto", { dir, split: "val" });
      assert.deepEqual([train.ids.length, val.ids.length], [5, 1]);
      assert.deepEqual([...train.ids, ...val.ids].sort(), BOX_SAMPLES.map(({ name }) => name));
      const sample = BOX_SAMPLES.find(({ name }) => name === val.ids[0])!;
      assert.deepEqual((await val.read(0)).label.data, truthOf(sample));
    });
  });

  test("DatasetReader.open() draws from a train split alone, and finds pictures of other case", () => {
    const { "annotations/instances_val2017.json": _, ...files } = filesOf("COCO polygons");
    return withFiles(renamed(files, /\.png$/, ".PNG"), async (dir) => {
      const { ids } = await openDataset("auto", { dir, split: "train" });
      const { ids: drawn, notices } = await openDataset("auto", { dir, split: "val" });
      assert.deepEqual([...ids, ...drawn].sort(), ["p0", "p1", "p2", "p3"]);
      assert.deepEqual([drawn.length, notices], [1, [
        "2 pictures are in no COCO file and are left out",
      ]]);
    });
  });

  test("DatasetReader.open() says how many pictures have no labelme file", () =>
    withFiles(
      {
        ...filesOf("labelme masks"),
        "train/free.png": pictureOf(BOX_SAMPLES[0]!),
        "classes.json": "{}",
      },
      async (dir) => {
        const { ids, notices } = await openDataset("auto", { dir, split: "train" });
        assert.equal(ids.length, 4);
        assert.deepEqual(notices, ["1 picture has no labelme file and is left out"]);
      },
    ));

  test("DatasetReader.open() paints COCO's crowds below instances, as ignored", () => {
    const square = (x: number): number[] => [x, 0, x + 2, 0, x + 2, 1, x, 1];
    const common = { image_id: 1, category_id: 1 };
    return withFiles({
      "a.png": picture(6, 1),
      "instances_train.json": {
        images: [{ id: 1, file_name: "a.png" }],
        annotations: [
          { ...common, iscrowd: 0, segmentation: [square(0), square(4)] },
          { ...common, iscrowd: 1, segmentation: { size: [1, 6], counts: [1, 3, 2] } },
        ],
        categories: [{ id: 1, name: "car" }],
      },
    }, async (dir) => {
      const { read } = await openDataset("coco", { dir, split: "train" });
      assert.deepEqual([...(await read(0)).label.data], [1, 1, 255, 255, 1, 1]);
    });
  });

  test("DatasetReader.open() paints labelme's circles, lines and points as labelme does", () => {
    const shape = (shape_type: string, points: number[][]): object => (
      { label: shape_type, shape_type, points }
    );
    return withFiles({
      "a.png": picture(64, 32),
      "a.json": {
        shapes: [
          shape("circle", [[10, 10], [10, 4]]),
          shape("linestrip", [[30, 2], [30, 20], [30, 30]]),
          shape("point", [[55, 16]]),
        ],
        imageWidth: 64,
        imageHeight: 32,
      },
    }, async (dir) => {
      const { classes, read } = await openDataset("labelme", { dir, split: "train" });
      assert.deepEqual(classes.map(({ name }) => name), [
        "background",
        "circle",
        "linestrip",
        "point",
      ]);
      const { data } = (await read(0)).label;
      const count = (value: number): number => data.filter((one) => one === value).length;
      assert.ok(Math.abs(count(1) - Math.PI * 36) < 8);
      assert.equal(count(2), 10 * 28);
      assert.ok(Math.abs(count(3) - Math.PI * 25) < 8);
    });
  });

  test("DatasetReader.open() turns Label Studio's boxes and CVAT's ellipses clockwise", async () => {
    const value = { x: 50, y: 25, width: 25, height: 50, rotation: 90, rectanglelabels: ["box"] };
    const task = {
      data: { image: "a.png" },
      annotations: [{
        result: [{ type: "rectanglelabels", original_width: 4, original_height: 4, value }],
      }],
    };
    await withFiles({ "a.png": picture(4, 4), "all.json": [task] }, async (dir) => {
      const { read } = await openDataset("label-studio", { dir, split: "train" });
      // One wide and two high about (2, 1): then two to the left, one down
      assert.deepEqual([...(await read(0)).label.data], [
        0,
        0,
        0,
        0,
        1,
        1,
        0,
        0,
        ...new Array(8).fill(0),
      ]);
    });
    const ellipse = '<ellipse label="e" cx="2" cy="1" rx="2" ry="0.9" rotation="90" z_order="0"/>';
    await withFiles({
      "a.png": picture(4, 3),
      "annotations.xml": '<annotations><image id="0" name="a.png" width="4" height="3">' +
        `${ellipse}</image></annotations>`,
    }, async (dir) => {
      const { read } = await openDataset("cvat", { dir, split: "train" });
      assert.deepEqual([...(await read(0)).label.data], [0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0]);
    });
  });

  test("DatasetReader.open() opens 5,000 pictures with 40,000 polygons in ten seconds and 1 GiB", {
    skip: longSkip,
  }, () => {
    const files: Record<string, Content> = {};
    const png = picture(64, 64);
    for (let i = 0; i < 5000; i++) files[`train2017/${i}.png`] = png;
    const polygon = (seed: number): number[] =>
      Array.from({ length: 50 }, (_, i) => {
        const angle = Math.PI * (i >> 1) / 12.5;
        return Number(
          (30 + seed % 20 * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle))).toFixed(2),
        );
      });
    files["annotations/instances_train2017.json"] = {
      images: Array.from(
        { length: 5000 },
        (_, id) => ({ id, file_name: `${id}.png`, width: 64, height: 64 }),
      ),
      annotations: Array.from({ length: 40_000 }, (_, id) => (
        {
          id,
          image_id: id % 5000,
          category_id: 1 + id % 80,
          iscrowd: 0,
          segmentation: [polygon(id)],
        }
      )),
      categories: Array.from({ length: 80 }, (_, i) => ({ id: i + 1, name: `c${i}` })),
    };
    return withFiles(files, async (dir) => {
      const begun = performance.now();
      const { rss } = process.memoryUsage();
      const { ids } = await openDataset("coco", { dir, split: "train" });
      assert.equal(ids.length, 4000);
      assert.ok(performance.now() - begun < 10_000);
      assert.ok(process.memoryUsage().rss - rss < 2 ** 30);
    });
  });

  test("DatasetReader.open() asks where masks lie beside annotations", () => {
    const { "annotations.xml": xml, ...pictures } = filesOf("CVAT masks");
    const masks = renamed(pictures, /^images/, "masks");
    return withFiles({ "annotations.xml": xml!, ...pictures, ...masks }, async (dir) => {
      const message =
        /as cvat \(.*\) and as folder \(.*: say which, --dataset cvat or --dataset folder$/;
      await assert.rejects(openDataset("auto", { dir, split: "train" }), message);
      assert.equal((await openDataset("cvat", { dir, split: "val" })).ids.length, 2);
    });
  });

  test("DatasetReader.open() takes a YOLO picture without a label file as background", () => {
    const { "labels/train/p0.txt": _, ...files } = filesOf("YOLO polygons");
    return withFiles(files, async (dir) => {
      const dataset = await openDataset("auto", { dir, split: "train" });
      assert.ok((await dataset.read(0)).label.data.every((value) => value === 0));
      // What a checkpoint remembers of it
      assert.equal((await fingerprintDataset(dataset)).hashes.length, 4);
      assert.equal((await checkDataset(dataset)).samples, 4);
    });
  });
});
