import assert from "node:assert/strict";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseOnce } from "../../../lib/data/annotations/parse_once.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

test("parseOnce() parses again where a file has changed or was at fault, and keeps a few", async () => {
  const file = join(temporaryFolder(), "a.json");
  writeFileSync(file, "1");
  let count = 0;
  const parse = (name: string): Promise<number> =>
    parseOnce(name, [file], () => Promise.resolve(++count));
  assert.deepEqual([await parse("a"), await parse("a")], [1, 1]);
  utimesSync(file, 1000, 1000);
  assert.equal(await parse("a"), 2);
  writeFileSync(file, "12");
  assert.equal(await parse("a"), 3);
  for (const name of ["b", "c", "d", "e"]) await parse(name);
  assert.equal(await parse("a"), 8);
  const fail = (): Promise<number> => Promise.reject(new Error("at fault"));
  await assert.rejects(parseOnce("f", [file], fail), /at fault/);
  assert.equal(await parse("f"), 9);
});
