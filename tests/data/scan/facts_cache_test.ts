import assert from "node:assert/strict";
import { mkdtempSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FactsCache } from "../../../lib/data/scan/facts_cache.ts";

interface Length {
  length: number;
}

test("FactsCache.all() keeps facts by path, size and time, and by content where only the time differs", async () => {
  const dir = mkdtempSync(join(tmpdir(), "segadv-facts-"));
  const names = ["a", "b", "c"];
  for (const name of names) writeFileSync(join(dir, name), name.repeat(3));
  const files = names.map((name) => ({ path: join(dir, name), key: "" }));
  const taken: string[] = [];
  const all = async (): Promise<Length[]> => {
    const cache = await FactsCache.open<Length>(dir, "test");
    const facts = await cache.all(files, (i) => {
      taken.push(names[i]!);
      return Promise.resolve({ length: 3 + i });
    }, { parallel: 2 });
    await cache.save();
    return facts;
  };
  const first = await all();
  assert.deepEqual(taken.splice(0).sort(), names);
  assert.deepEqual(await all(), first);
  assert.deepEqual(taken, []);
  utimesSync(join(dir, "a"), 1, 1); // copied elsewhere and back
  writeFileSync(join(dir, "b"), "xyz");
  utimesSync(join(dir, "b"), 2, 2);
  await all();
  assert.deepEqual(taken, ["b"]);
});

test("FactsCache.all() takes faults again", async () => {
  const dir = mkdtempSync(join(tmpdir(), "segadv-facts-"));
  writeFileSync(join(dir, "a"), "a");
  let count = 0;
  for (let i = 0; i < 2; i++) {
    const cache = await FactsCache.open<{ fault: string }>(dir, "test");
    const take = () => Promise.resolve({ fault: `${++count}` });
    await cache.all([{ path: join(dir, "a"), key: "" }], take, { parallel: 1 });
    await cache.save();
  }
  assert.equal(count, 2);
});
