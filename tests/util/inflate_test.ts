import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { deflateSync } from "node:zlib";
import { inflatePlain } from "../../lib/util/inflate.ts";

/** Bytes that compress: few values, with repetitions near and far. */
function soft(length: number): Uint8Array {
  const noise = randomBytes(length);
  return noise.map((value, i) => i % 7 < 3 ? noise[i % 97]! : value & 15);
}

describe("inflatePlain()", () => {
  test("inflatePlain() gives back what zlib packed, at every level and with every kind of block", () => {
    for (const length of [0, 1, 2, 300, 40_000, 200_000]) {
      for (const bytes of [randomBytes(length), soft(length), new Uint8Array(length)]) {
        for (const options of [{ level: 0 }, { level: 1 }, { level: 9 }, { strategy: 4 }]) {
          const most = length + 64;
          const found = inflatePlain(deflateSync(bytes, options), { most });
          assert.ok(Buffer.from(bytes).equals(found), `${length} bytes`);
        }
      }
    }
  });

  test("inflatePlain() refuses what holds more than it may", () => {
    const packed = deflateSync(new Uint8Array(10_000));
    assert.throws(() => inflatePlain(packed, { most: 9_999 }), /holds more than 9999 bytes/);
  });

  test("inflatePlain() refuses every stream that is cut short", () => {
    const packed = deflateSync(soft(500));
    for (let length = 0; length < packed.length; length++) {
      assert.throws(() => inflatePlain(packed.subarray(0, length), { most: 564 }), SyntaxError);
    }
  });

  test("inflatePlain() ends with an error or the bytes whatever bit is flipped", () => {
    const bytes = soft(300);
    const packed = deflateSync(bytes);
    for (let bit = 0; bit < packed.length * 8; bit++) {
      const damaged = packed.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      let found: Uint8Array | null = null;
      try {
        found = inflatePlain(damaged, { most: 364 });
      } catch (error) {
        assert.ok(error instanceof SyntaxError || error instanceof RangeError, `${error}`);
      }
      // Only flags of the header may differ without a trace
      if (found !== null) assert.deepEqual(found, bytes, `bit ${bit}`);
    }
  });
});
