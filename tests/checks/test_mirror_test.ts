import assert from "node:assert/strict";
import { test } from "node:test";
import { checkTestMirror } from "../../tasks/checks/test_mirror.ts";
import { places, treeOf } from "./_tree_file.ts";

const code = "export function f(): void {}\n";

test("checkTestMirror() accepts tested files, and files that need no test", () => {
  const files = treeOf({
    "lib/losses/adversarial/lsgan.ts": code,
    "tests/losses/adversarial/lsgan_test.ts": "",
    "cli/commands/train.ts": code,
    "tests/cli/commands/train_test.ts": "",
    "lib/losses/_math.ts": code,
    "lib/losses/mod.ts": 'export * from "./lsgan.ts";\n',
    "lib/config/config.ts": "export interface Config {\n  seed: number;\n}\n",
    "tasks/gate.ts": code,
  });
  assert.deepEqual(checkTestMirror(files), []);
});

test("checkTestMirror() finds a file without a test of its name", () => {
  const files = treeOf({
    "lib/losses/adversarial/lsgan.ts": code,
    "cli/ui/table.ts": "export const X: number = 1;\n",
    "tests/lsgan_test.ts": "",
  });
  assert.deepEqual(places(checkTestMirror(files)), [
    "lib/losses/adversarial/lsgan.ts",
    "cli/ui/table.ts",
  ]);
});

const listed = { of: "lib/a.ts", test: "tests/b_test.ts", reason: "b calls nothing but a" };

test("checkTestMirror() lets a listed file or folder pass for the test that covers it", () => {
  const files = treeOf({ "lib/a.ts": code, "lib/c/d.ts": code, "tests/b_test.ts": "" });
  assert.deepEqual(checkTestMirror(files, [listed, { ...listed, of: "lib/c/" }]), []);
});

test("checkTestMirror() finds entries of its list that say nothing or name no test", () => {
  const files = treeOf({ "lib/a.ts": code, "tests/b_test.ts": "" });
  assert.deepEqual(places(checkTestMirror(files, [{ ...listed, reason: " " }])), ["lib/a.ts"]);
  const gone = { ...listed, test: "tests/gone_test.ts" };
  assert.deepEqual(places(checkTestMirror(files, [gone])), ["lib/a.ts"]);
});

test("checkTestMirror() finds entries of its list that have outlived their reason", () => {
  const files = treeOf({ "lib/a.ts": code, "tests/a_test.ts": "", "tests/b_test.ts": "" });
  const list = [listed, { ...listed, of: "lib/gone.ts" }, { ...listed, of: "lib/empty/" }];
  assert.deepEqual(places(checkTestMirror(files, list)), ["lib/a.ts", "lib/gone.ts", "lib/empty/"]);
});
