import assert from "node:assert/strict";
import posix from "node:path/posix";
import win32 from "node:path/win32";
import { test } from "node:test";
import { isInsideFolder, isPlainName, outputPath, pathKey } from "../../lib/util/user_paths.ts";

test("isPlainName() refuses what leads out of a folder on any system", () => {
  for (const name of ["a", "a/b.jpg", "2007_000032", "a..b", ".hidden", "größe"]) {
    assert(isPlainName(name), name);
  }
  const bad = [
    "",
    "/a",
    "a//b",
    "../a",
    "a/../../b",
    "a/.",
    "..\\a",
    "a\\b",
    "C:a",
    "c:/a",
    "a\nb",
  ];
  // Windows reads ".. " and "..." as ".."
  for (const name of [...bad, ".. /a", ".../a", " /a", "x".repeat(301)]) {
    assert(!isPlainName(name), JSON.stringify(name));
  }
});

test("isInsideFolder() compares parts of paths, not letters, on Windows and elsewhere", () => {
  assert(isInsideFolder("/data/a/b.jpg", "/data", posix));
  assert(isInsideFolder("/data", "/data", posix));
  assert(isInsideFolder("/data/..a", "/data", posix));
  assert(!isInsideFolder("/database/a", "/data", posix));
  assert(isInsideFolder("/data/a", "/", posix));
  assert(isInsideFolder("C:\\Data\\a.jpg", "c:\\data", win32));
  assert(isInsideFolder("C:\\data\\a.jpg", "C:\\", win32));
  assert(!isInsideFolder("C:\\database\\a", "C:\\data", win32));
  assert(!isInsideFolder("D:\\data\\a", "C:\\data", win32));
  assert(!isInsideFolder("\\\\server\\share\\a", "C:\\data", win32));
});

test("outputPath() puts the image's name into the folder, whichever way its path is written", () => {
  assert.equal(outputPath("photos/cat.a.jpg", "out", posix), "out/cat.a");
  assert.equal(outputPath("C:\\photos\\cat.a.jpg", "out", win32), "out\\cat.a");
  assert.equal(outputPath("photos/cat.jpg", "D:\\out\\", win32), "D:\\out\\cat");
  assert.equal(outputPath("\\\\server\\share\\cat.jpg", "out", win32), "out\\cat");
});

test("pathKey() is one for the spellings of one file", () => {
  assert.equal(pathKey("/out/a.png", posix), pathKey("/out/../out/a.png", posix));
  assert.notEqual(pathKey("/out/A.png", posix), pathKey("/out/a.png", posix));
  assert.equal(pathKey("C:\\out\\A.png", win32), pathKey("c:/out/a.png", win32));
});
