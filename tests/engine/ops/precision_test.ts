import assert from "node:assert/strict";
import { test } from "node:test";
import { currentPrecision, withPrecision } from "../../../lib/engine/ops/precision.ts";

test("withPrecision() holds for its pass and the passes inside that name none", () => {
  const seen = withPrecision("mixed", () => [
    currentPrecision(),
    withPrecision("f32", currentPrecision),
    currentPrecision(),
  ]);
  assert.deepEqual(seen, ["mixed", "f32", "mixed"]);
  assert.equal(currentPrecision(), "f32");
});

test("withPrecision() ends where its pass throws", () => {
  assert.throws(() =>
    withPrecision("mixed", () => {
      throw new Error("no");
    }), /no/);
  assert.equal(currentPrecision(), "f32");
});
