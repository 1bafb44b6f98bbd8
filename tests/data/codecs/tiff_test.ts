import { test } from "node:test";
import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import type { Raster } from "../../../lib/data/codecs/raster.ts";
import { tiffFormat } from "../../../lib/data/codecs/tiff.ts";

const file = "scan.tif";

/** A little-endian TIFF of one block; fields override those of a grey picture of 4x3 pixels. */
function tiff(
  changes: Record<number, number[]> = {},
  block: Uint8Array = new Uint8Array(12),
): Uint8Array {
  const fields: Record<number, number[]> = {
    256: [4],
    257: [3],
    258: [8],
    259: [1],
    262: [1],
    273: [0],
    277: [1],
    278: [3],
    279: [block.length],
    ...changes,
  };
  const tags = Object.keys(fields).map(Number);
  const start = 8 + 2 + tags.length * 12 + 4;
  const bytes = new Uint8Array(start + block.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  view.setUint16(8, tags.length, true);
  for (const [i, tag] of tags.entries()) {
    const at = 10 + i * 12;
    const [value = 0, count = 1] = fields[tag]!;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, 4, true);
    view.setUint32(at + 4, count, true);
    view.setUint32(at + 8, tag === 273 && value === 0 ? start : value, true);
  }
  bytes.set(block, start);
  return bytes;
}

function decode(bytes: Uint8Array): Promise<Raster> {
  return tiffFormat.decode(bytes, { file });
}

test("tiffFormat.decode() reads one strip", async () => {
  const block = Uint8Array.from({ length: 12 }, (_, i) => i);
  const { width, height, channels, data } = await decode(tiff({}, block));
  assert.deepEqual([width, height, channels], [4, 3, 1]);
  assert.deepEqual([...data], [...block]);
});

test("tiffFormat.decode() refuses what would take too much memory, unread", async () => {
  const cases: [changes: Record<number, number[]>, message: RegExp][] = [
    [{ 256: [100_000], 257: [100_000] }, /100000x100000 is more than the limit of 67108864 pixels/],
    [
      { 256: [8192], 257: [8192], 277: [4000] },
      /8192x8192 with 4000 samples of 8 bits is more than the limit of 1 GiB/,
    ],
    // One row in tiles of one column, each as high as the limit allows
    [{ 256: [60_000], 257: [1], 322: [1], 323: [60_000] }, /more than the limit of 1 GiB/],
    [{ 273: [8, 0x40000000] }, /field 273 lies outside of the file/],
  ];
  for (const [changes, message] of cases) {
    await assert.rejects(decode(tiff(changes)), { name: "DamagedFileError", message });
  }
});

test("tiffFormat.decode() stops a block that unpacks to more than the picture", async () => {
  const bomb = deflateSync(new Uint8Array(2 ** 24));
  await assert.rejects(decode(tiff({ 259: [8] }, bomb)), /damaged image data/);
});

test("tiffFormat.decode() names what it does not read", async () => {
  const cases: [changes: Record<number, number[]>, message: RegExp][] = [
    [{ 259: [4] }, /compression CCITT group 4 is not supported: save it with LZW or deflate/],
    [{ 259: [50_000] }, /compression Zstandard is not supported/],
    [{ 258: [12] }, /samples of 12 bits in format 1 are not supported/],
    [{ 262: [8] }, /colour model 8 of 1 samples is not supported/],
    [{ 317: [3] }, /predictor 3 of 8 bits is not supported/],
    [{ 256: [0] }, /size 0x3 is empty/],
    [{ 279: [9999] }, /the file is truncated/],
    [{ 279: [5] }, /a block ends after 5 of 12 bytes/],
  ];
  for (const [changes, message] of cases) await assert.rejects(decode(tiff(changes)), message);
});

test("tiffFormat.decode() leaves blocks empty that were never written", async () => {
  const { data } = await decode(tiff({ 279: [0] }));
  assert.deepEqual([...data], new Array(12).fill(0));
});
