import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openDataset } from "../../../lib/data/registry.ts";
import { findLayout } from "../../../lib/data/validate/inspect_data.ts";
import {
  ANNOTATION_FOLDERS,
  BOX_SAMPLES,
  NAMES,
  pictureOf,
  SIDE,
  truthOf,
} from "../../support/annotation_folders.ts";
import { type Content, withFiles } from "../../support/dataset_folder.ts";

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
});
