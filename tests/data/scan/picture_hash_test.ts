import assert from "node:assert/strict";
import { test } from "node:test";
import type { RgbImage } from "../../../lib/data/dataset.ts";
import { ALIKE_BITS, alikePairs, pictureHash } from "../../../lib/data/scan/picture_hash.ts";

/** Smooth shapes in places that the seed decides. */
function scene(
  seed: number,
  { side = 64, brighter = 0, noise = 0 }: { side?: number; brighter?: number; noise?: number } = {},
): RgbImage {
  const data = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let level = 120 + brighter;
      for (let k = 1; k < 7; k++) {
        const [across, down] = [1 + (seed * k) % 5, 1 + (seed + 3 * k) % 7];
        level += 15 * Math.sin(seed * k + (across * x + down * y) * 3 / side);
      }
      for (let c = 0; c < 3; c++) {
        const at = 3 * (y * side + x) + c;
        data[at] = level + 10 * c + (at * 7919 % 17 - 8) * noise;
      }
    }
  }
  return { width: side, height: side, data };
}

test("pictureHash() changes little where a picture is resized, made brighter or saved with noise", () => {
  const own = [scene(1), scene(2), scene(3)].map(pictureHash);
  assert.ok(own.every((hash) => /^[0-9a-f]{64}$/.test(hash)));
  for (const change of [{ side: 96 }, { brighter: 20 }, { noise: 0.5 }]) {
    const others = [3, 2, 1].map((seed) => pictureHash(scene(seed, change)));
    assert.deepEqual(alikePairs(own, others), [[0, 2], [1, 1], [2, 0]], JSON.stringify(change));
  }
  const different = Array.from({ length: 8 }, (_, i) => pictureHash(scene(20 + 3 * i)));
  assert.deepEqual(alikePairs(own, different), []);
});

test("pictureHash() is none of a picture of nearly one colour, which is like no other", () => {
  const plain = pictureHash({ width: 40, height: 30, data: new Uint8Array(3600).fill(9) });
  assert.equal(plain, "");
  assert.deepEqual(alikePairs([plain], [plain, pictureHash(scene(1))]), []);
});

test("alikePairs() allows as many differing bits as it states, and no more", () => {
  const flipped = (bits: number): string => "f".repeat(bits / 4) + "0".repeat(64 - bits / 4);
  const none = "0".repeat(64);
  assert.deepEqual(alikePairs([none], [flipped(ALIKE_BITS), flipped(ALIKE_BITS + 4)]), [[0, 0]]);
});
