import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeRle, forEachRun, parseCompressedRle } from "../../../lib/data/annotations/rle.ts";

// 0 1 1
// 1 1 0
const MASK = { width: 3, height: 2, data: Uint8Array.of(0, 1, 1, 1, 1, 0) };

test("encodeRle() goes down columns or along rows, from a run of 0 on", () => {
  assert.deepEqual(encodeRle(MASK, "columns"), [1, 4, 1]);
  assert.deepEqual(encodeRle(MASK, "rows"), [1, 4, 1]);
  assert.deepEqual(encodeRle({ width: 2, height: 1, data: Uint8Array.of(5, 0) }, "rows"), [
    0,
    1,
    1,
  ]);
});

test("forEachRun() gives the runs of 1 and refuses lengths that do not fit", () => {
  const runs: number[][] = [];
  forEachRun([1, 2, 0, 3], 6, (begin, length) => runs.push([begin, length]));
  assert.deepEqual(runs, [[1, 2], [3, 3]]);
  for (
    const [counts, reason] of [
      [[1, 2], /its runs have 3 pixels, its size 6/],
      [[1, 9], /run 1 of length 9 does not fit 6/],
      [[-1, 7], /run 0 of length -1/],
      [[1.5, 4.5], /run 0 of length 1.5/],
      [[NaN], /run 0 of length NaN/],
    ] as const
  ) assert.throws(() => forEachRun(counts, 6, () => {}), reason);
});

test("parseCompressedRle() reads pycocotools' strings", () => {
  // rleToString of [6, 1, 40, 4, 5, 4, 5, 4, 21], the example of pycocotools' own documentation
  assert.deepEqual(parseCompressedRle("61X13mN000`0"), [6, 1, 40, 4, 5, 4, 5, 4, 21]);
  assert.throws(() => parseCompressedRle("61X1 3"), /break off/);
  assert.throws(() => parseCompressedRle("X"), /break off/);
  assert.throws(() => parseCompressedRle("ooooooooooooo"), /more than 50 bits/);
});
