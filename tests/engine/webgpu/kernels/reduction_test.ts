import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { columnLayout, treeSum } from "../../../../lib/engine/webgpu/kernels/reduction.ts";

test("treeSum() exchanges values within subgroups where lanes leave something to exchange", () => {
  const barriers = (text: string) => text.match(/workgroupBarrier/g)!.length;
  const tree = treeSum(["sums"], 0);
  const exchange = treeSum(["sums"], 32);
  assert.equal(exchange.match(/subgroupShuffleXor/g)!.length, 5);
  assert(barriers(exchange) < barriers(tree) && barriers(tree) === 9);
  assert.equal(treeSum(["a"], 8, 16), treeSum(["a"], 0, 16));
});

test("columnLayout() covers every row and column once, in blocks that fit a workgroup", () => {
  const size = fc.integer({ min: 1, max: 5000 });
  fc.assert(fc.property(size, size, (rows, channels) => {
    const { width, cols, lanes, groups, colBlocks, parts, rowsPer } = columnLayout(rows, channels);
    assert.equal(width * cols, channels);
    assert.equal(lanes * groups, 256);
    assert(colBlocks * lanes >= cols && (colBlocks - 1) * lanes < cols);
    assert(parts * rowsPer >= rows && (parts - 1) * rowsPer < rows && parts <= 256);
  }));
});
