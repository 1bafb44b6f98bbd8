import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { readUserCache, userCacheFolder, writeUserCache } from "../../lib/util/user_cache.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** Runs `f` with the cache below `folder`. */
async function withCache(folder: string, f: () => Promise<void>): Promise<void> {
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = folder;
  try {
    await f();
  } finally {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  }
}

test("writeUserCache() keeps a text for readUserCache()", async () => {
  const folder = temporaryFolder();
  await withCache(folder, async () => {
    assert.equal(userCacheFolder(), join(folder, "segadv"));
    assert.equal(await readUserCache("tiles.json"), null);
    assert.equal(await writeUserCache("tiles.json", "{}"), true);
    assert.equal(await writeUserCache("tiles.json", "[]"), true);
    assert.equal(await readUserCache("tiles.json"), "[]");
  });
});

test("writeUserCache() says where a home cannot be written, and throws nothing", async () => {
  const folder = temporaryFolder();
  await writeFile(join(folder, "file"), "");
  await withCache(join(folder, "file"), async () => {
    assert.equal(await writeUserCache("tiles.json", "{}"), false);
    assert.equal(await readUserCache("tiles.json"), null);
  });
});

test("userCacheFolder() is one of the user's own where nothing else is said", async () => {
  await withCache("", () => Promise.resolve(assert.match(userCacheFolder(), /segadv$/)));
});
