import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRunFolder, freeBytes, writeFileAtomic } from "../../lib/util/files.ts";

function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "segadv-files-"));
}

describe("writeFileAtomic()", () => {
  test("writeFileAtomic() writes bytes and text and replaces what was there", async () => {
    const dir = await folder();
    const path = join(dir, "a.bin");
    await writeFileAtomic(path, "old");
    await writeFileAtomic(path, Uint8Array.of(1, 2, 3));
    assert.deepEqual([...await readFile(path)], [1, 2, 3]);
    assert.deepEqual(await readdir(dir), ["a.bin"]);
  });

  test("writeFileAtomic() names file and remedy where the folder is missing", async () => {
    const path = join(await folder(), "no", "a.json");
    await assert.rejects(writeFileAtomic(path, ""), /Cannot write .*a\.json.*does not exist/);
  });

  test("writeFileAtomic() keeps the old file and leaves no rest where it fails", async () => {
    const dir = await folder();
    await mkdir(join(dir, "x"));
    await assert.rejects(writeFileAtomic(join(dir, "x"), "data"), /Cannot write/);
    assert.deepEqual(await readdir(dir), ["x"]);
  });
});

describe("createRunFolder()", () => {
  test("createRunFolder() makes parents and leaves the folder empty", async () => {
    const path = join(await folder(), "runs", "first");
    await createRunFolder(path);
    assert.deepEqual(await readdir(path), []);
  });

  test("createRunFolder() refuses a folder that holds a run", async () => {
    const path = await folder();
    await writeFile(join(path, "events.jsonl"), "");
    await assert.rejects(createRunFolder(path), /already holds one \(events\.jsonl\).*--out/);
  });

  test("createRunFolder() refuses a file", async () => {
    const path = join(await folder(), "file");
    await writeFile(path, "");
    await assert.rejects(createRunFolder(path), /Cannot create the run folder .*file/);
  });

  test("createRunFolder() says that there is no right to write", async () => {
    await assert.rejects(createRunFolder("/proc/segadv"), /Cannot create the run folder/);
  });
});

test("freeBytes() sees the disk of a path that does not exist yet", async () => {
  const bytes = await freeBytes(join(await folder(), "not", "yet"));
  assert(bytes !== null && bytes > 0);
});
