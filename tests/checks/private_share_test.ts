import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPrivateShare, describePrivateShare } from "../../tasks/checks/private_share.ts";
import { treeOf } from "./_tree_file.ts";

function tree(open: number, hidden: number): ReturnType<typeof treeOf> {
  const names = Array.from({ length: open + hidden }, (_, i) => `${i < hidden ? "_" : ""}f${i}.ts`);
  return treeOf(Object.fromEntries([...names.map((name) => `lib/${name}`), "tests/_a.ts"].map(
    (path) => [path, ""],
  )));
}

test("checkPrivateShare() accepts fewer than 15 % of private files", () => {
  const report = checkPrivateShare(tree(86, 14));
  assert.deepEqual(report.problems, []);
  assert.equal(describePrivateShare(report), "files: 100 in lib and cli, 14.0 % private");
});

test("checkPrivateShare() fails from 15 % on", () => {
  const { problems } = checkPrivateShare(tree(85, 15));
  assert.equal(problems.length, 1);
  assert.match(problems[0]!.message, /^15 of 100 files are private: fewer than 15 %/);
});
