import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { singlePolygon, traceRegions } from "../../../lib/data/annotations/trace_regions.ts";

/** Fills a polygon by the even-odd rule at pixel centres, by crossings to the left. */
function isInside(polygon: readonly number[], x: number, y: number): boolean {
  let crossings = 0;
  for (let i = 0; i < polygon.length; i += 2) {
    const j = (i + 2) % polygon.length;
    const [x1, y1, x2, y2] = [polygon[i]!, polygon[i + 1]!, polygon[j]!, polygon[j + 1]!];
    if (y1 <= y === y2 <= y) continue;
    if (x1 + (y - y1) / (y2 - y1) * (x2 - x1) < x) crossings++;
  }
  return crossings % 2 === 1;
}

test("traceRegions() outlines regions whose polygons fill to the same map", () => {
  const maps = fc.record({
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
  })
    .chain(({ width, height }) => {
      const length = width * height;
      return fc.array(fc.integer({ min: 0, max: 2 }), { minLength: length, maxLength: length })
        .map((values) => ({ width, height, data: Uint8Array.from(values) }));
    });
  fc.assert(fc.property(maps, (label) => {
    const { width, height, data } = label;
    const filled = new Uint8Array(data.length).fill(9);
    const covered = new Uint8Array(data.length);
    for (const region of traceRegions(label, () => true)) {
      const polygon = singlePolygon(region);
      let area = 0;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          if (!isInside(polygon, x + 0.5, y + 0.5)) continue;
          filled[y * width + x] = region.value;
          covered[y * width + x]!++;
          area++;
        }
      }
      assert.equal(region.area, area);
    }
    assert.deepEqual(filled, data);
    assert.ok(covered.every((times) => times === 1), "regions do not overlap");
  }));
});

test("traceRegions() gives a ring its hole, and leaves out values that are not wanted", () => {
  const data = Uint8Array.of(1, 1, 1, 1, 0, 1, 1, 1, 1);
  const regions = traceRegions({ width: 3, height: 3, data }, (value) => value === 1);
  assert.deepEqual(regions, [{
    value: 1,
    area: 8,
    rings: [[3, 0, 3, 3, 0, 3, 0, 0], [2, 2, 2, 1, 1, 1, 1, 2]],
  }]);
  assert.equal(singlePolygon(regions[0]!).length, 2 * (4 + 4 + 2));
});
