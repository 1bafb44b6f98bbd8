import assert from "node:assert/strict";
import { test } from "node:test";
import { classOrder, haveSameNames, reorderClasses } from "../../lib/data/class_order.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { evaluationItems } from "../../lib/data/loader/evaluation_items.ts";
import { openTrainLoader } from "../../lib/data/loader/train_loader.ts";
import { datasetReaders, matchClasses, openDataset } from "../../lib/data/registry.ts";
import type { NormalizeConfig } from "../../lib/data/data_config.ts";
import { labels, picture, withFiles } from "../support/dataset_folder.ts";
import { config } from "../support/config.ts";

const normalize: NormalizeConfig = { order: "rgb", mean: [0, 0, 0], std: [1, 1, 1] };

function datasetOf(values: number[], ignoreLabel: number): Dataset {
  const size = { width: values.length, height: 1 };
  return {
    name: "three",
    split: "val",
    classes: ["a", "b", "c"].map((name, i) => ({ name, color: [i, i, i] })),
    ignoreLabel,
    ids: ["only"],
    read: () =>
      Promise.resolve({
        id: "only",
        image: { ...size, data: new Uint8Array(3 * values.length) },
        label: { ...size, data: Uint8Array.from(values) },
      }),
  };
}

test("classOrder() refuses lists of other names or lengths, and names given twice", () => {
  const abc = { subject: "x", names: ["a", "b", "c"] };
  for (const names of [["a", "b"], ["a", "b", "d"], ["a", "b", "c", "d"], []]) {
    assert.throws(() => classOrder(abc, { subject: "y", names }), {
      name: "ClassMismatchError",
      message: `x has the classes a, b, c, y has ${names.join(", ") || "none"}: only the same ` +
        "names, in any order, can be matched",
    });
    assert.equal(haveSameNames(abc.names, names), false);
  }
  assert.throws(() => classOrder(abc, { subject: "y", names: ["a", "c", "a"] }), {
    message: 'y gives the classes 0 and 2 one name, "a": rename one',
  });
});

test("reorderClasses() keeps ignored pixels ignored, and damaged values refused", async () => {
  const order = Uint8Array.of(2, 0, 1);
  const apart = reorderClasses(datasetOf([0, 1, 2, 9], 9), order);
  assert.deepEqual(apart.classes.map(({ name }) => name), ["b", "c", "a"]);
  assert.deepEqual(apart.classes[2]!.color, [0, 0, 0]);
  assert.equal(apart.ignoreLabel, 9);
  assert.deepEqual([...(await apart.read(0)).label.data], [2, 0, 1, 9]);
  const among = reorderClasses(datasetOf([0, 1, 2], 1), order);
  assert.equal(among.ignoreLabel, 255);
  assert.deepEqual([...(await among.read(0)).label.data], [2, 255, 1]);
  await assert.rejects(reorderClasses(datasetOf([0, 7], 9), order).read(0), {
    name: "DamagedFileError",
    message: /sample "only": label 7 at column 1/,
  });
});

test("matchClasses() gives worker threads the same order", async () => {
  const own = await openDataset("fixtures", { split: "train" });
  const names = own.classes.map(({ name }) => name).reverse();
  const { dataset, order } = matchClasses(own, { subject: "the network", names });
  assert.deepEqual([...order!], [4, 3, 2, 1, 0]);
  const { data, seed } = await config("data.batch=4", "data.workers=1");
  const bytes: Uint8Array[] = [];
  for (const workers of [0, 1]) {
    const loader = openTrainLoader({ dataset, config: { ...data, workers }, seed });
    for await (const batch of loader.batches({ epoch: 0 })) {
      bytes.push(batch.labels.slice());
      break;
    }
    await loader.close();
  }
  assert.deepEqual(bytes[1], bytes[0]);
  const items = evaluationItems(dataset, { normalize });
  const { value } = await items.next();
  await items.return(undefined);
  const { label } = await own.read(0);
  assert.deepEqual(value!.label, label.data.map((index) => index === 255 ? 255 : 4 - index));
});

test("openDataset() refuses two classes of one name, of a file and of a reader", async () => {
  const files = {
    "classes.json": { classes: ["road", "sky", "road"] },
    "val/images/a.png": picture(2, 2),
    "val/labels/a.png": labels(2, 2),
  };
  await withFiles(files, async (dir) => {
    await assert.rejects(openDataset("folder", { dir, split: "val" }), {
      name: "ClassMismatchError",
      message: /classes\.json" gives the classes 0 and 2 one name, "road": rename one$/,
    });
  });
  datasetReaders.register({
    name: "namesakes",
    summary: "two classes of one name",
    needsDir: false,
    matches: () => Promise.resolve(false),
    open() {
      const dataset = datasetOf([0], 255);
      const classes = dataset.classes.map((one) => ({ ...one, name: "a" }));
      return Promise.resolve({ ...dataset, classes });
    },
  });
  await assert.rejects(openDataset("namesakes", { split: "val" }), {
    message: 'data set "namesakes" gives the classes 0 and 1 one name, "a": rename one',
  });
});
