import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { linearGrid } from "../../../lib/engine/webgpu/dispatch.ts";

test("linearGrid() covers any count within the limit of one dimension", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (count) => {
    const [x, y, z] = linearGrid(count);
    assert(x <= 65535 && y <= 65535 && z === 1);
    assert(x * y >= count && (x - 1) * y < count);
  }));
  assert.deepEqual(linearGrid(0), [1, 1, 1]);
});
