import assert from "node:assert/strict";
import { test } from "node:test";
import { checkTestMirror } from "../../tasks/house/test_mirror.ts";
import { places, treeOf } from "./_tree_file.ts";

const code = "export function f(): void {}\n";

test("checkTestMirror() accepts tested files, and files that need no test", () => {
  const files = treeOf({
    "lib/losses/lsgan.ts": code,
    "tests/losses/lsgan_test.ts": "",
    "cli/commands/train.ts": code,
    "tests/cli/commands/train_test.ts": "",
    "lib/losses/_math.ts": code,
    "lib/losses/mod.ts": 'export * from "./lsgan.ts";\n',
    "lib/config/config.ts": "export interface Config {\n  seed: number;\n}\n",
    "tasks/ok.ts": code,
  });
  assert.deepEqual(checkTestMirror(files), []);
});

test("checkTestMirror() finds a file without a test of its name", () => {
  const files = treeOf({
    "lib/losses/lsgan.ts": code,
    "cli/ui/table.ts": "export const X: number = 1;\n",
    "tests/lsgan_test.ts": "",
  });
  assert.deepEqual(places(checkTestMirror(files)), ["lib/losses/lsgan.ts", "cli/ui/table.ts"]);
});

test("checkTestMirror() lets a listed file pass for its reason", () => {
  const files = treeOf({ "lib/a.ts": code });
  assert.deepEqual(checkTestMirror(files, { "lib/a.ts": "tested by lib/b.ts" }), []);
  assert.deepEqual(places(checkTestMirror(files, { "lib/a.ts": "" })), ["lib/a.ts"]);
});

test("checkTestMirror() finds entries of its list that have outlived their reason", () => {
  const files = treeOf({ "lib/a.ts": code, "tests/a_test.ts": "" });
  const list = { "lib/a.ts": "no test yet", "lib/gone.ts": "no test yet" };
  assert.deepEqual(places(checkTestMirror(files, list)), ["lib/a.ts", "lib/gone.ts"]);
});
