import assert from "node:assert/strict";
import { test } from "node:test";
import { checkForeignNames } from "../../tasks/checks/foreign_names.ts";
import { places, treeOf } from "./_tree_file.ts";

// Joined, so that the check does not find this file.
const slash = "/";

test("checkForeignNames() accepts relative paths, system paths and public addresses", () => {
  const files = treeOf({
    "README.md": [
      "../shared/data /usr/bin/env /tmp/x /home/me/x ./home/a lib/root/x ${dir}/work/a",
      "https://jsr.io/@segadv/segadv https://www.npmjs.com/package/zod http://127.0.0.1:80/",
    ].join("\n"),
  });
  assert.deepEqual(checkForeignNames(files), []);
});

test("checkForeignNames() finds a path of one machine", () => {
  for (const path of ["work/main/lib", "home/ann/x.ts", "root/.cache", "Users/ann/x"]) {
    const files = treeOf({ "tests/a_test.ts": `one\nopen("${slash}${path}")\n` });
    assert.deepEqual(places(checkForeignNames(files)), ["tests/a_test.ts:2"], path);
  }
});

test("checkForeignNames() finds the host of a registry, as a lock file would keep it", () => {
  for (const host of ["registry.example.org", "npm-proxy.local:4873", "nexus.example.org"]) {
    const files = treeOf({ "bun.lock": `"zod": "https:${slash}${slash}${host}/zod.tgz"\n` });
    assert.deepEqual(places(checkForeignNames(files)), ["bun.lock:1"], host);
  }
});
