import assert from "node:assert/strict";
import { test } from "node:test";
import { DamagedFileError, type Dataset } from "../../../lib/data/dataset.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { ClassCounter, countClasses } from "../../../lib/data/validate/class_counts.ts";
import { classWeights } from "../../../lib/data/validate/data_report.ts";
import { inspectData } from "../../../lib/data/validate/inspect_data.ts";

test("ClassCounter.add() adds up pixels and images, and leaves the ignore label out", () => {
  const color: [number, number, number] = [0, 0, 0];
  const classes = ["a", "b", "c"].map((name) => ({ name, color }));
  const counter = new ClassCounter({ classes, ignoreLabel: 1 });
  const { histogram, present } = counter.add({ data: new Uint8Array([0, 0, 1, 255]) });
  assert.deepEqual([histogram[0], histogram[255], present], [2, 1, [0]]);
  counter.add({ data: new Uint8Array([2, 0]) });
  assert.deepEqual(counter.pixels, [3, 0, 1]);
  assert.deepEqual(counter.images, [2, 0, 1]);
  assert.deepEqual(counter.pixelsAround, [6, 0, 2]);
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
