import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ImageFinder, sampleId } from "../../../lib/data/annotations/find_image.ts";
import { picture, withFiles } from "../../support/dataset_folder.ts";

const NAMES = [
  "masks/4.png",
  "x/4.png",
  "a/1.png",
  "b/1.png",
  "b/c/1.png",
  "b/2.JPG",
  "cafe\u0301.png",
  "notes.txt",
];

test("ImageFinder.find() takes the path that agrees longest, then the folder that is near", () =>
  withFiles(Object.fromEntries(NAMES.map((name) => [name, picture(1, 1)])), async (dir) => {
    const finder = await ImageFinder.below(dir);
    assert.equal(finder.names.length, 7);
    const cases: [name: string, near: string[], found: string | null][] = [
      ["/home/me/a/1.png", [], "a/1.png"],
      ["..\\b\\c\\1.png", [], "b/c/1.png"],
      ["1.png", ["b"], "b/1.png"],
      ["1.png", ["b/c", "b"], "b/c/1.png"],
      ["x/2.jpg", [], "b/2.JPG"],
      ["caf\u00e9.png", [], "cafe\u0301.png"],
      ["../../etc/passwd", [], null],
      ["notes.txt", [], null],
      ["3.png", ["b"], null],
      ["4.png", [], "x/4.png"],
    ];
    for (const [name, near, found] of cases) {
      assert.equal(finder.find(name, near), found, name);
    }
    assert.throws(() => finder.find("1.png"), /may be "a\/1\.png" or "b\/1\.png"/);
    assert.equal(finder.pathOf("a/1.png"), join(dir, "a/1.png"));
  }));

test("sampleId() is what annotations call a picture, where that is a path inside a folder", () => {
  assert.equal(sampleId("x/1.jpg", "images/1.jpg"), "x/1");
  assert.equal(sampleId("./x\\1.jpg", "images/1.jpg"), "x/1");
  assert.equal(sampleId("../1.jpg", "images/1.jpg"), "images/1");
});
