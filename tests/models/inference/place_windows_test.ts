import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Size } from "../../../lib/config/config.ts";
import { placeWindows } from "../../../lib/models/inference/place_windows.ts";

test("placeWindows() covers CityScapes in two windows that end with the image", () => {
  const places = placeWindows([1024, 2048], { window: [1024, 1184], overlap: 0.25 });
  assert.deepEqual(places, [
    { top: 0, left: 0, height: 1024, width: 1184 },
    { top: 0, left: 864, height: 1024, width: 1184 },
  ]);
});

test("placeWindows() covers every pixel with windows of one size inside the image", () => {
  const side = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      fc.tuple(side, side),
      fc.tuple(side, side),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      (size, window, overlap) => {
        const seen = new Uint8Array(size[0] * size[1]);
        const places = placeWindows(size as Size, { window: window as Size, overlap });
        for (const { top, left, height, width } of places) {
          assert.equal(height, Math.min(window[0], size[0]));
          assert.equal(width, Math.min(window[1], size[1]));
          assert.ok(top >= 0 && left >= 0);
          assert.ok(top + height <= size[0] && left + width <= size[1]);
          for (let y = top; y < top + height; y++) {
            seen.fill(1, y * size[1] + left, y * size[1] + left + width);
          }
        }
        assert.ok(seen.every((value) => value === 1));
        const keys = places.map(({ top, left }) => `${top},${left}`);
        assert.equal(new Set(keys).size, keys.length, "no window lies on another");
      },
    ),
  );
});

test("placeWindows() refuses an overlap of 1 and more, and what is no number", () => {
  for (const overlap of [1, -0.1, NaN]) {
    assert.throws(() => placeWindows([4, 4], { window: [2, 2], overlap }), {
      name: "RangeError",
      message: `Cannot place windows with overlap ${overlap}: it must be in [0, 1)`,
    });
  }
});
