import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { linesOf, readTree, textOf } from "../../tasks/checks/tree.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

test("readTree() reads tracked and new files, and leaves out ignored and deleted ones", async () => {
  const folder = temporaryFolder();
  const git = (...args: string[]) => promisify(execFile)("git", args, { cwd: folder });

  await mkdir(join(folder, "lib"));
  for (const name of ["lib/tracked.ts", "gone.ts", "new.ts", "ignored.tmp"]) {
    await writeFile(join(folder, name), name);
  }
  await writeFile(join(folder, ".gitignore"), "*.tmp\n");
  await git("init", "--quiet");
  await git("add", "lib/tracked.ts", "gone.ts");
  await rm(join(folder, "gone.ts"));
  const files = await readTree(folder);
  assert.deepEqual(files.map(({ path }) => path), [".gitignore", "lib/tracked.ts", "new.ts"]);
  assert.equal(textOf(files[1]!), "lib/tracked.ts");
});

test("linesOf() numbers lines from 1 and has none of a binary file but an empty one", () => {
  const bytes = new TextEncoder().encode("a\nb");
  assert.deepEqual(linesOf({ path: "a", bytes }), [[1, "a"], [2, "b"]]);
  assert.deepEqual(linesOf({ path: "a", bytes: new Uint8Array([65, 0]) }), [[1, ""]]);
});
