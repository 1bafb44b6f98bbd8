import assert from "node:assert/strict";
import { test } from "node:test";
import { DamagedFileError, type Dataset } from "../../../lib/data/dataset.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { countClasses } from "../../../lib/data/validate/class_counts.ts";
import { classWeights } from "../../../lib/data/validate/data_report.ts";
import { inspectData } from "../../../lib/data/validate/inspect_data.ts";

test("countClasses() adds up pixels and the images around them, and leaves the ignore label out", async () => {
  const color: [number, number, number] = [0, 0, 0];
  const maps = [[0, 0, 1, 1], [2, 0, 0, 0]];
  const counts = await countClasses({
    name: "tiny",
    split: "train",
    classes: ["a", "b", "c"].map((name) => ({ name, color })),
    ignoreLabel: 1,
    ids: ["s0", "s1"],
    read: (index) =>
      Promise.resolve({
        id: `s${index}`,
        image: { width: 2, height: 2, data: new Uint8Array(12) },
        label: { width: 2, height: 2, data: Uint8Array.from(maps[index]!) },
      }),
  });
  assert.deepEqual(counts.pixels, [5, 0, 1]);
  assert.deepEqual(counts.pixelsAround, [8, 0, 4]);
  assert.deepEqual(counts.classesOf, [[0], [0, 2]]);
});

test("countClasses() counts what inspectData() reports", async () => {
  const dataset = await openDataset("fixtures", { split: "train" });
  const counts = await countClasses(dataset);
  const source = { reader: "fixtures", dir: null, splits: ["train"] };
  const { splits: [report], weights } = await inspectData(source);
  assert.deepEqual(counts.pixels, report!.pixels);
  assert.deepEqual(classWeights(counts), weights);
  assert.equal(counts.classesOf.length, dataset.ids.length);
  for (const [c, images] of report!.images.entries()) {
    assert.equal(counts.classesOf.filter((classes) => classes.includes(c)).length, images);
  }
});

test("countClasses() passes over damaged samples, and no other fault", async () => {
  const whole = await openDataset("fixtures", { split: "val" });
  const failing = (error: Error): Dataset => ({
    ...whole,
    read: (index) => index === 1 ? Promise.reject(error) : whole.read(index),
  });
  const { classesOf } = await countClasses(failing(new DamagedFileError("torn")));
  assert.deepEqual([classesOf.length, classesOf[1]], [8, []]);
  await assert.rejects(countClasses(failing(new Error("gone"))), /gone/);
});
