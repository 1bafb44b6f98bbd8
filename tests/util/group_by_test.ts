import assert from "node:assert/strict";
import { test } from "node:test";
import { groupBy } from "../../lib/util/group_by.ts";

test("groupBy() keeps the order of keys and of items, numbers among the keys too", () => {
  assert.deepEqual(groupBy(["10", "2", "1", "20"], (text) => text[0]!), [["10", "1"], ["2", "20"]]);
  assert.deepEqual(groupBy(["2", "1"], (text) => text), [["2"], ["1"]]);
  assert.deepEqual(groupBy([], String), []);
});
