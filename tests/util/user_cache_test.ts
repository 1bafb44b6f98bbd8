import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readUserCache, userCacheFolder, writeUserCache } from "../../lib/util/user_cache.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { withUserCache } from "../support/user_cache.ts";

const temporaryFolder = temporaryFolders();

test("writeUserCache() keeps a text for readUserCache()", async () => {
  const folder = temporaryFolder();
  await withUserCache(folder, async () => {
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
  await withUserCache(join(folder, "file"), async () => {
    assert.equal(await writeUserCache("tiles.json", "{}"), false);
    assert.equal(await readUserCache("tiles.json"), null);
  });
});

test("userCacheFolder() is one of the user's own where nothing else is said", async () => {
  await withUserCache("", () => Promise.resolve(assert.match(userCacheFolder()!, /segadv$/)));
});
