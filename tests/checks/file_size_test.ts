import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFileSize, LINE_LIMITS } from "../../tasks/checks/file_size.ts";
import { treeOf } from "./_tree_file.ts";

function lines(count: number): string {
  return "// a line\n".repeat(count);
}

test("checkFileSize() accepts a file at the limit, and a long file that is not TypeScript", () => {
  const files = treeOf({ "lib/a.ts": lines(LINE_LIMITS.warn), "README.md": lines(900) });
  assert.deepEqual(checkFileSize(files), []);
});

test("checkFileSize() warns above 300 lines and fails above 500", () => {
  const files = treeOf({
    "lib/a.ts": lines(LINE_LIMITS.warn + 1),
    "lib/b.ts": lines(LINE_LIMITS.fail + 1),
  });
  assert.deepEqual(checkFileSize(files).map(({ path, warning }) => [path, warning]), [
    ["lib/a.ts", true],
    ["lib/b.ts", false],
  ]);
});

test("checkFileSize() leaves built payloads alone", () => {
  assert.deepEqual(checkFileSize(treeOf({ "lib/data/fixtures_base64.ts": lines(900) })), []);
});
