import { test } from "node:test";
import assert from "node:assert/strict";
import type { DatasetReader } from "../../lib/data/dataset.ts";
import { datasetReaders, openDataset } from "../../lib/data/registry.ts";

test("datasetReaders describe themselves under their own names", () => {
  for (const { summary } of datasetReaders) assert.match(summary, /^.{10,90}[^.]$/);
  for (const name of ["fixtures", "folder", "voc"]) assert.ok(datasetReaders.has(name));
});

test("openDataset() names the nearest reader", async () => {
  await assert.rejects(openDataset("fixture", { split: "train" }), {
    name: "RangeError",
    message: /^Cannot find dataset reader "fixture": expected one of .*; did you mean fixtures\?$/,
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

test("datasetReaders take a further reader once", async () => {
  const reader: DatasetReader = {
    name: "registered-by-test",
    summary: "a data set of a test",
    needsDir: false,
    matches: () => Promise.resolve(false),
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
  datasetReaders.register(reader);
  assert.equal((await openDataset("registered-by-test", { split: "s" })).split, "s");
  assert.throws(() => datasetReaders.register(reader), {
    name: "RangeError",
    message: 'Cannot register dataset reader "registered-by-test": the name is taken',
  });
});
