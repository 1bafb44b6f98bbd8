import { test } from "node:test";
import assert from "node:assert/strict";
import type { Raster } from "../../../lib/data/codecs/raster.ts";
import { gifFormat } from "../../../lib/data/codecs/gif.ts";

/** A GIF of a 2x2 canvas whose frame has the given place, size and packed values. */
function gif(
  { place = [0, 0], size = [2, 2], canvas = [2, 2], packed = [0x44, 0x34, 0x05] } = {},
): Uint8Array {
  const short = (value: number): number[] => [value & 255, value >> 8];
  return Uint8Array.from([
    ...[0x47, 0x49, 0x46, 0x38, 0x39, 0x61],
    ...canvas.flatMap(short),
    ...[0x81, 3, 0],
    ...[1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4],
    ...[0x2c, ...place.flatMap(short), ...size.flatMap(short), 0],
    ...[2, packed.length, ...packed, 0, 0x3b],
  ]);
}

function decode(bytes: Uint8Array): Promise<Raster> {
  return gifFormat.decode(bytes, { file: "scan.gif" });
}

test("gifFormat.decode() gives palette indices, of what a frame leaves out the background", async () => {
  // Codes of 3 bits: a reset, 0, 1, 2; of 4 bits: 3, the end
  const whole = await decode(gif({ packed: [0x44, 0x34, 0x05] }));
  assert.deepEqual([...whole.data], [0, 1, 2, 3]);
  const part = await decode(gif({ place: [1, 1], size: [1, 1], packed: [0x44, 0x01] }));
  assert.deepEqual([...part.data], [3, 3, 3, 0]);
  assert.deepEqual([...part.palette!.subarray(0, 3)], [1, 1, 1]);
});

test("gifFormat.decode() refuses absurd sizes and short data", async () => {
  const cases: [Uint8Array, RegExp][] = [
    [gif({ canvas: [65_535, 65_535] }), /65535x65535 is more than the limit of 67108864/],
    [gif({ size: [65_535, 65_535] }), /65535x65535 is more than the limit of 67108864/],
    [gif({ canvas: [0, 2] }), /size 0x2 is empty/],
    [gif({ packed: [0x2c] }), /its data end after 0 of 4 pixels/],
    [gif().subarray(0, 30), /the file is truncated/],
    [Uint8Array.from([...gif().subarray(0, 25), 0x3b]), /the file holds no picture/],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(decode(bytes), { name: "DamagedFileError", message });
  }
});
