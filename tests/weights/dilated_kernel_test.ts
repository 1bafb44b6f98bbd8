import assert from "node:assert/strict";
import { test } from "node:test";
import { dilationOf, takeTaps } from "../../lib/weights/dilated_kernel.ts";

test("dilationOf() knows kernels with zeros between their taps", () => {
  assert.equal(dilationOf([5, 5, 8, 1], [3, 3, 8, 1]), 2);
  assert.equal(dilationOf([9, 9, 8, 1], [5, 5, 8, 1]), 2);
  for (const stored of [[3, 3, 8, 1], [6, 6, 8, 1], [5, 5, 4, 1], [5, 3, 8, 1], [5, 5, 8]]) {
    assert.equal(dilationOf(stored, [3, 3, 8, 1]), null);
  }
});

test("takeTaps() leaves the zeros out", () => {
  const values = new Float32Array(25 * 2);
  for (const [tap, at] of [0, 2, 4, 10, 12, 14, 20, 22, 24].entries()) {
    values.set([tap, tap + 0.5], 2 * at);
  }
  const taps = takeTaps(values, { shape: [3, 3, 2, 1], dilation: 2 });
  assert.deepEqual([...taps], [...Array(9).keys()].flatMap((tap) => [tap, tap + 0.5]));
});
