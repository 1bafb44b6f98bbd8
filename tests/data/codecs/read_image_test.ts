import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { readImage } from "../../../lib/data/codecs/read_image.ts";
import { picture, withFiles } from "../../support/dataset_folder.ts";

test("readImage() goes by what a file holds, not by its name", () =>
  withFiles({ "a.jpg": picture(4, 3), "b.png": "not a picture" }, async (dir) => {
    const { width, height, data } = await readImage(join(dir, "a.jpg"));
    assert.deepEqual([width, height, data[0]], [4, 3, 90]);
    await assert.rejects(readImage(join(dir, "b.png")), /^SyntaxError: Cannot .*b\.png": [^\n]+$/);
    await assert.rejects(readImage(join(dir, "c.png")), {
      message: `Cannot read "${join(dir, "c.png")}": there is no such file`,
    });
    await assert.rejects(readImage(dir), /: it is a folder$/);
  }));

test("readImage() never opens a device", {
  skip: process.platform === "win32" && "there is none",
}, () =>
  withFiles({}, async (dir) => {
    symlinkSync("/dev/zero", join(dir, "a.png"));
    await assert.rejects(readImage(join(dir, "a.png")), /: it is no file but a pipe or a device$/);
  }));
