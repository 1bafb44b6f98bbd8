import { test } from "node:test";
import assert from "node:assert/strict";
import { MissingSplitError, requireSplit } from "../../lib/data/dataset.ts";

test("requireSplit() gives the samples of a split, or names those there are", () => {
  const splits = { train: ["a", "b"], val: [], test: ["c"] };
  assert.deepEqual(requireSplit(splits, { split: "train", where: "x" }), ["a", "b"]);
  const cases = [
    ["val", 'Cannot open split "val" of x: it is empty, available: train, test'],
    [
      "toString",
      'Cannot open split "toString" of x: there is none of that name, available: train, test',
    ],
  ] as const;
  for (const [split, message] of cases) {
    assert.throws(
      () => requireSplit(splits, { split, where: "x" }),
      new MissingSplitError(message),
    );
  }
  assert.throws(() => requireSplit({ train: [] }, { split: "val", where: "x" }), {
    message: /there is none of that name, and no other split either$/,
  });
});
