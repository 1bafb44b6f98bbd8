import assert from "node:assert/strict";
import { test } from "node:test";
import { binPixels, regionSizes, sizeBin } from "../../../lib/data/scan/region_sizes.ts";

function map(rows: string[]): { width: number; height: number; data: Uint8Array } {
  const data = Uint8Array.from(rows.join(""), Number);
  return { width: rows[0]!.length, height: rows.length, data };
}

/** Regions found by filling, pixel by pixel. */
function filled({ width, height, data }: ReturnType<typeof map>): string[] {
  const seen = new Uint8Array(data.length);
  const regions: string[] = [];
  for (let start = 0; start < data.length; start++) {
    if (seen[start]) continue;
    const stack = [start];
    seen[start] = 1;
    let pixels = 0;
    while (stack.length > 0) {
      const at = stack.pop()!;
      pixels++;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const [x, y] = [at % width + dx, Math.floor(at / width) + dy];
          const to = y * width + x;
          if (x < 0 || y < 0 || x >= width || y >= height || seen[to]) continue;
          if (data[to] !== data[start]) continue;
          seen[to] = 1;
          stack.push(to);
        }
      }
    }
    regions.push(`${data[start]} ${sizeBin(pixels)}`);
  }
  return regions.sort();
}

test("regionSizes() joins pixels that touch by sides or corners, and passes one value over", () => {
  const label = map(["1100", "0010", "2001", "2222"]);
  assert.deepEqual(regionSizes(label, 0), [
    [1, [[sizeBin(4), 1]]],
    [2, [[sizeBin(5), 1]]],
  ]);
  assert.deepEqual(regionSizes(map(["101", "101", "111"]), 0), [[1, [[sizeBin(7), 1]]]]);
});

test("regionSizes() finds what filling finds, in maps at random", () => {
  let state = 7;
  for (let round = 0; round < 60; round++) {
    const [width, height] = [1 + round % 13, 1 + round % 7];
    const data = Uint8Array.from({ length: width * height }, () => {
      state = Math.imul(state, 1664525) + 1013904223 >>> 0;
      return Math.floor(state / 2 ** 32 * 3);
    });
    const label = { width, height, data };
    const found = regionSizes(label, 255).flatMap(([value, bins]) =>
      bins.flatMap(([bin, count]) => new Array<string>(count).fill(`${value} ${bin}`))
    );
    assert.deepEqual(found.sort(), filled(label));
  }
});

test("binPixels() is the least size of a bin", () => {
  for (const pixels of [1, 2, 3, 31, 1024, 99_999]) {
    const bin = sizeBin(pixels);
    assert.ok(binPixels(bin) <= pixels && pixels < binPixels(bin + 1), `${pixels}`);
  }
});
