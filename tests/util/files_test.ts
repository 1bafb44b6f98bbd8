import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRunFolder, freeBytes, writeFileAtomic } from "../../lib/util/files.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

describe("writeFileAtomic()", () => {
  test("writeFileAtomic() writes bytes and text and replaces what was there", async () => {
    const dir = temporaryFolder();
    const path = join(dir, "a.bin");
    await writeFileAtomic(path, "old");
    await writeFileAtomic(path, Uint8Array.of(1, 2, 3));
    assert.deepEqual([...await readFile(path)], [1, 2, 3]);
    assert.deepEqual(await readdir(dir), ["a.bin"]);
  });

  test("writeFileAtomic() names file and remedy where the folder is missing", async () => {
    const path = join(temporaryFolder(), "no", "a.json");
    await assert.rejects(writeFileAtomic(path, ""), /Cannot write .*a\.json.*does not exist/);
  });

  test("writeFileAtomic() keeps the old file and leaves no rest where it fails", async () => {
    const dir = temporaryFolder();
    await mkdir(join(dir, "x"));
    await assert.rejects(writeFileAtomic(join(dir, "x"), "data"), /Cannot write/);
    assert.deepEqual(await readdir(dir), ["x"]);
  });
});

describe("createRunFolder()", () => {
  test("createRunFolder() makes parents and leaves the folder empty", async () => {
    const path = join(temporaryFolder(), "runs", "first");
    await createRunFolder(path);
    assert.deepEqual(await readdir(path), []);
  });

  test("createRunFolder() refuses a folder that holds a run", async () => {
    const path = temporaryFolder();
    await writeFile(join(path, "events.jsonl"), "");
    await assert.rejects(createRunFolder(path), /already holds one \(events\.jsonl\).*--out/);
  });

  test("createRunFolder() refuses a file", async () => {
    const path = join(temporaryFolder(), "file");
    await writeFile(path, "");
    await assert.rejects(createRunFolder(path), /Cannot create the run folder .*file/);
  });

  test("createRunFolder() says that there is no right to write", async () => {
    await assert.rejects(createRunFolder("/proc/segadv"), /Cannot create the run folder/);
  });
});

test("freeBytes() sees the disk of a path that does not exist yet", async () => {
  const bytes = await freeBytes(join(temporaryFolder(), "not", "yet"));
  assert(bytes !== null && bytes > 0);
});
