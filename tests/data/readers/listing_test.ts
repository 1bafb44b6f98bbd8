import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { listImages } from "../../../lib/data/readers/listing.ts";
import { withFiles } from "../../support/dataset_folder.ts";

const FILES = {
  "b.PNG": "",
  "a/2.jpeg": "",
  "a/10.jpg": "",
  "a/notes.txt": "",
  "a/.hidden.png": "",
};

test("listImages() finds images in subfolders, by name, and nothing else", () =>
  withFiles(FILES, async (dir) => {
    const found = ["a/10.jpg", "a/2.jpeg", "b.PNG"].map((name) => join(dir, name));
    assert.deepEqual(await listImages(dir), found);
    await assert.rejects(listImages(join(dir, "nowhere")), /^Error: Cannot list ".*nowhere": /);
  }));

test("listImages() follows links in every runtime alike, and ends where they lead in a circle", {
  skip: process.platform === "win32" && "no links",
}, () =>
  withFiles(FILES, async (dir) => {
    symlinkSync(join(dir, "a"), join(dir, "c"));
    await assert.rejects(listImages(dir), /".*c": links make it the folder ".*a", which is listed/);
    const [first] = await listImages(join(dir, "c"));
    assert.equal(first, join(dir, "c/10.jpg"));
    symlinkSync(dir, join(dir, "a/back"));
    await assert.rejects(listImages(join(dir, "a")), { name: "RangeError" });
  }));
