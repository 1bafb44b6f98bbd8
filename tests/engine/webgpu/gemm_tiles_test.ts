import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chooseTile,
  tileBytes,
  tileCols,
  tileGrid,
  type TileName,
  tileRows,
  TILES,
  tileWithin,
} from "../../../lib/engine/webgpu/gemm_tiles.ts";

const NAMES = Object.keys(TILES) as TileName[];

test("TILES are named after their size and fit 32 KiB of workgroup memory", () => {
  for (const name of NAMES) {
    const tile = TILES[name];
    assert.equal(`${tileRows(tile)}x${tileCols(tile)}`, name);
    assert(tileBytes(tile) <= 32768, `${name} takes ${tileBytes(tile)} bytes`);
  }
});

test("tileWithin() finds a tile for the 16 KiB that every adapter has, and keeps what fits", () => {
  for (const name of NAMES) {
    assert.equal(tileWithin(32768, name), name);
    const small = tileWithin(16384, name);
    assert(tileBytes(TILES[small]) <= 16384, `${name} becomes ${small}`);
    assert.equal(tileWithin(16384, small), small);
  }
});

test("chooseTile() is narrow for few columns and large where that occupies an adapter", () => {
  assert.equal(chooseTile(1e6, 16), "256x16");
  assert.equal(chooseTile(1e6, 21), "128x32");
  assert.equal(chooseTile(1e6, 64), "64x64");
  assert.equal(chooseTile(1e6, 512), "128x128");
  assert.equal(chooseTile(512, 512), "64x64");
  assert.equal(chooseTile(8, 4096), "16x256");
  assert.equal(chooseTile(27, 64), "32x128");
  assert.equal(chooseTile(8, 3), "256x16");
  assert.equal(chooseTile(512, 512, { few: true }), "128x128");
  assert.equal(chooseTile(512, 64, { few: true }), "64x64");
});

test("tileGrid() covers the product, columns in x", () => {
  assert.deepEqual(tileGrid("64x64", 65, 64), [1, 2]);
  assert.deepEqual(tileGrid("32x128", 32, 257), [3, 1]);
});
