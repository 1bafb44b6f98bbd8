import { test } from "node:test";
import assert from "node:assert/strict";
import type { DatasetReader } from "../../lib/data/dataset.ts";
import { datasetReaders, openDataset, registerDataset } from "../../lib/data/registry.ts";

test("datasetReaders describe themselves under their own names", () => {
  for (const [name, reader] of datasetReaders) {
    assert.equal(reader.name, name);
    assert.match(reader.summary, /^.{10,90}[^.]$/);
  }
  for (const name of ["fixtures", "folder", "voc"]) assert.ok(datasetReaders.has(name));
});

test("openDataset() names the nearest reader", async () => {
  await assert.rejects(openDataset("fixture", { split: "train" }), {
    name: "RangeError",
    message: /^Cannot open data set "fixture": no reader .*, did you mean "fixtures"; known: /,
  });
  await assert.rejects(openDataset("q", { split: "train" }), (error: Error) => {
    return !error.message.includes("did you mean");
  });
});

test("openDataset() asks for a folder where one is needed", async () => {
  await assert.rejects(openDataset("voc", { split: "train" }), {
    name: "TypeError",
    message: 'Cannot open data set "voc" without its folder: set data.dir',
  });
});

test("registerDataset() adds a reader once", async () => {
  const reader: DatasetReader = {
    name: "registered-by-test",
    summary: "a data set of a test",
    needsDir: false,
    open: ({ split }) =>
      Promise.resolve({
        name: "registered-by-test",
        split,
        classes: [],
        ignoreLabel: 255,
        ids: [],
        read: () => Promise.reject(new Error("empty")),
      }),
  };
  registerDataset(reader);
  assert.equal((await openDataset("registered-by-test", { split: "s" })).split, "s");
  assert.throws(() => registerDataset(reader), {
    name: "RangeError",
    message: 'Cannot register data set "registered-by-test": the name is taken',
  });
});
