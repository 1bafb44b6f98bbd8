import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFileSize, LINE_LIMITS } from "../../tasks/checks/file_size.ts";
import { places, treeOf } from "./_tree_file.ts";

function lines(count: number): string {
  return "// a line\n".repeat(count);
}

test("checkFileSize() accepts a file at the limit, and a long file that is not TypeScript", () => {
  const files = treeOf({
    "lib/a.ts": lines(LINE_LIMITS.code),
    "tests/a_test.ts": lines(LINE_LIMITS.tests),
    "README.md": lines(900),
  });
  assert.deepEqual(checkFileSize(files), []);
});

test("checkFileSize() fails above 300 lines, for tests and tasks above 500", () => {
  const files = treeOf({
    "lib/a.ts": lines(LINE_LIMITS.code + 1),
    "bench/a.ts": lines(LINE_LIMITS.code + 1),
    "tests/a_test.ts": lines(LINE_LIMITS.tests + 1),
    "tasks/a.ts": lines(LINE_LIMITS.tests + 1),
  });
  assert.deepEqual(LINE_LIMITS, { code: 300, tests: 500 });
  assert.deepEqual(places(checkFileSize(files)), [
    "lib/a.ts",
    "bench/a.ts",
    "tests/a_test.ts",
    "tasks/a.ts",
  ]);
});

test("checkFileSize() leaves built payloads alone", () => {
  assert.deepEqual(checkFileSize(treeOf({ "lib/data/fixtures_base64.ts": lines(900) })), []);
});
