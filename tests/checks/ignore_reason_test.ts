import assert from "node:assert/strict";
import { test } from "node:test";
import { checkIgnoreReasons } from "../../tasks/checks/ignore_reason.ts";
import { places, treeOf } from "./_tree_file.ts";

const LINT = ["deno", "lint", "ignore"].join("-");
const TYPES = "@ts-" + "expect-error";

test("checkIgnoreReasons() accepts a directive that says why", () => {
  const files = treeOf({
    "lib/a.ts":
      `// ${LINT} no-explicit-any -- tfjs keeps this member private\n// ${TYPES} -- by test`,
  });
  assert.deepEqual(checkIgnoreReasons(files), []);
});

test("checkIgnoreReasons() finds a lint or type error switched off without a reason", () => {
  const files = treeOf({ "lib/a.ts": `let x;\n// ${LINT} no-explicit-any\n// ${TYPES}\n` });
  assert.deepEqual(places(checkIgnoreReasons(files)), ["lib/a.ts:2", "lib/a.ts:3"]);
});

test("checkIgnoreReasons() finds a file-wide directive even with a reason", () => {
  const files = treeOf({ "lib/a.ts": `// ${LINT}-file no-explicit-any -- lazy\n` });
  assert.deepEqual(places(checkIgnoreReasons(files)), ["lib/a.ts:1"]);
});
