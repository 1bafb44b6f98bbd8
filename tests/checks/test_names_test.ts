import assert from "node:assert/strict";
import { test } from "node:test";
import { checkTestNames } from "../../tasks/checks/test_names.ts";
import { places, treeOf } from "./_tree_file.ts";

test("checkTestNames() accepts functions, methods, commands, constants, files and templates", () => {
  const names = ["f() does", "Class.method() does", "new Class() does", "segadv train does"]
    .concat(
      "vocReader does",
      "README.md has",
      "tasks/summary.ts ends",
      "f() does ${x}",
      "${x} does",
    );
  const files = treeOf({
    "lib/a.ts": "export const vocReader = 1;\n",
    "tests/a_test.ts": names.map((name) => `test(\`${name}\`, () => {});\n`).join("") +
      '/^f/.test("no name"); // test("no name")\n',
  });
  assert.deepEqual(checkTestNames(files), []);
});

test("checkTestNames() finds a name without its subject, and it()", () => {
  const files = treeOf({
    "tests/a_test.ts":
      'test("does", f);\nit("f() does", f);\n  test(\n"f does", f);\ntest("A: b", f);',
  });
  assert.deepEqual(places(checkTestNames(files)), [
    "tests/a_test.ts:1",
    "tests/a_test.ts:2",
    "tests/a_test.ts:3",
    "tests/a_test.ts:5",
  ]);
});
