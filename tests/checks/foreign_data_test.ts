import assert from "node:assert/strict";
import { test } from "node:test";
import { checkForeignData } from "../../tasks/checks/foreign_data.ts";
import { places, treeOf } from "./_tree_file.ts";

const binary = new Uint8Array([1, 0, 2]);

test("checkForeignData() accepts text, and binary files where tasks put them", () => {
  const files = treeOf({
    "lib/a.ts": "export {}",
    "fixtures/voc/JPEGImages/1.jpg": binary,
    "fixtures/goldens/step.bin": new Uint8Array(900_000),
    "lib/engine/wasm/built/kernels.wasm": binary,
  });
  assert.deepEqual(checkForeignData(files), []);
});

test("checkForeignData() finds binary files, and data that passes for text, elsewhere", () => {
  const files = treeOf({
    "tests/data/x.dat": binary,
    "lib/weights.h5": "not even binary",
    "docs/a.PNG": binary,
  });
  assert.deepEqual(places(checkForeignData(files)), [
    "tests/data/x.dat",
    "lib/weights.h5",
    "docs/a.PNG",
  ]);
});

test("checkForeignData() finds too much of a good thing", () => {
  const files = treeOf({
    "fixtures/a.jpg": new Uint8Array(200_000),
    "fixtures/b.jpg": new Uint8Array(120_001),
    "lib/a.ts": "x".repeat(300_001),
  });
  assert.deepEqual(places(checkForeignData(files)).sort(), ["fixtures/", "lib/a.ts"]);
});
