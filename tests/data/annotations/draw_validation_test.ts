import assert from "node:assert/strict";
import { test } from "node:test";
import { drawValidation } from "../../../lib/data/annotations/draw_validation.ts";

test("drawValidation() takes a fifth, whatever the order, and leaves some to train on", () => {
  const names = Array.from({ length: 100 }, (_, i) => `p${i}`);
  const drawn = drawValidation(names);
  assert.equal(drawn.length, 20);
  assert.deepEqual(drawValidation(names.toReversed()), drawn);
  for (
    const [count, least] of [[0, 0], [1, 0], [2, 1], [3, 1], [4, 1], [5, 1], [6, 1], [9, 1], [
      10,
      2,
    ]] as const
  ) {
    assert.equal(drawValidation(names.slice(0, count)).length, least, `${count}`);
  }
});
