import assert from "node:assert/strict";
import { describe, test } from "node:test";
import goldens from "../../../fixtures/goldens/annotations.json" with { type: "json" };
import {
  paintShapes,
  type PixelShape,
  ringArea,
  ringOf,
  shapeArea,
  vertexCount,
} from "../../../lib/data/annotations/rasterize.ts";
import { encodeRle, parseCompressedRle } from "../../../lib/data/annotations/rle.ts";
import { DamagedFileError, type LabelMap } from "../../../lib/data/dataset.ts";

function painted(width: number, height: number, ...shapes: PixelShape[]): LabelMap {
  const label = { width, height, data: new Uint8Array(width * height) };
  paintShapes(label, shapes.map((shape) => ({ shape, value: 1 })), "some file");
  return label;
}

function rows({ width, data }: LabelMap): string[] {
  return [...data].join("").match(new RegExp(`.{${width}}`, "g"))!;
}

/** Distance of a point from an outline. */
function distanceTo(polygon: readonly number[], x: number, y: number): number {
  let nearest = Infinity;
  for (let i = 0; i < polygon.length; i += 2) {
    const j = (i + 2) % polygon.length;
    const [x1, y1, x2, y2] = [polygon[i]!, polygon[i + 1]!, polygon[j]!, polygon[j + 1]!];
    const [dx, dy] = [x2 - x1, y2 - y1];
    const along = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1);
    const t = Math.min(1, Math.max(0, along));
    nearest = Math.min(nearest, Math.hypot(x1 + t * dx - x, y1 + t * dy - y));
  }
  return nearest;
}

/** How far from the outline the centre of a pixel lies at most that two masks have not in common. */
function difference(a: LabelMap, b: LabelMap, polygon: readonly number[]): number {
  let farthest = 0;
  for (let i = 0; i < a.data.length; i++) {
    if (a.data[i] === b.data[i]) continue;
    const [x, y] = [i % a.width + 0.5, Math.floor(i / a.width) + 0.5];
    farthest = Math.max(farthest, distanceTo(polygon, x, y));
  }
  return farthest;
}

describe("paintShapes()", () => {
  const { width, height, cases } = goldens;
  for (const [i, { polygon, coco, compressed, pillow }] of cases.entries()) {
    test(`paintShapes() fills polygon ${i} within a pixel of pycocotools and Pillow`, () => {
      const own = painted(width, height, { rings: [ringOf(polygon)] });
      // Pillow's corners are the middles of pixels: half a pixel away in either direction
      for (const [counts, limit] of [[coco, 1], [pillow, 0.5 + Math.SQRT1_2]] as const) {
        const other = painted(width, height, { counts, order: "columns" });
        assert.deepEqual(encodeRle(other, "columns"), counts);
        const farthest = difference(own, other, polygon);
        assert.ok(farthest <= limit, `${farthest}`);
      }
      assert.deepEqual(parseCompressedRle(compressed), coco);
    });
  }

  test("paintShapes() counts a pixel by its centre, and one on an edge once", () => {
    const left = { rings: [[0, 0, 2.5, 0, 2.5, 2, 0, 2]] };
    const right = { rings: [[2.5, 0, 5, 0, 5, 2, 2.5, 2]] };
    assert.deepEqual(rows(painted(5, 2, left)), ["11000", "11000"]);
    assert.deepEqual(rows(painted(5, 2, right)), ["00111", "00111"]);
    const hole = { rings: [[0, 0, 5, 0, 5, 3, 0, 3], [1, 1, 4, 1, 4, 2, 1, 2]] };
    assert.deepEqual(rows(painted(5, 3, hole)), ["11111", "10001", "11111"]);
    const union = { union: [[[0, 0, 3, 0, 3, 1, 0, 1]], [[2, 0, 4, 0, 4, 1, 2, 1]]] };
    assert.deepEqual(rows(painted(5, 1, union)), ["11110"]);
  });

  test("paintShapes() paints the last of those that overlap, and cuts off what is outside", () => {
    const label = { width: 3, height: 1, data: new Uint8Array(3) };
    const big: PixelShape = { rings: [[-1e7, -1e7, 1e7, -1e7, 1e7, 1e7, -1e7, 1e7]] };
    const small: PixelShape = { rings: [[1, 0, 2, 0, 2, 1, 1, 1]] };
    paintShapes(label, [{ shape: big, value: 7 }, { shape: small, value: 9 }], "file");
    assert.deepEqual([...label.data], [7, 9, 7]);
    paintShapes(label, [{ shape: small, value: 9 }, { shape: big, value: 7 }], "file");
    assert.deepEqual([...label.data], [7, 7, 7]);
    const mask = (): LabelMap => ({ width: 2, height: 2, data: Uint8Array.of(1, 0, 0, 1) });
    assert.deepEqual(rows(painted(2, 2, { mask, x: -1, y: -1 })), ["10", "00"]);
    assert.deepEqual(rows(painted(2, 2, { mask, x: 1, y: 1 })), ["00", "01"]);
  });

  test("paintShapes() reads run lengths in a box, along rows or down columns", () => {
    const box = { x: 1, y: 0, width: 2, height: 2 };
    assert.deepEqual(rows(painted(4, 2, { counts: [1, 2, 1], order: "rows", box })), [
      "0010",
      "0100",
    ]);
    assert.deepEqual(rows(painted(4, 2, { counts: [1, 2, 1], order: "columns", box })), [
      "0010",
      "0100",
    ]);
    assert.deepEqual(rows(painted(4, 2, { counts: [0, 2, 2], order: "columns", box })), [
      "0100",
      "0100",
    ]);
  });

  test("paintShapes() names the file of what does not fit, or takes too long", () => {
    const box = { x: 3, y: 0, width: 2, height: 2 };
    const long = new Float32Array(2 ** 18);
    for (let i = 1; i < long.length; i += 4) long[i] = 1e6;
    const wrong: [PixelShape, RegExp][] = [
      [{ counts: [4], order: "rows", box }, /"some file": a mask of 2x2 at 3, 0 is not inside/],
      [{ counts: [9], order: "rows" }, /run 0 of length 9 does not fit 8 pixels/],
      [{ counts: [8], order: "rows", box: { ...box, x: 0.5 } }, /whole pixels/],
    ];
    for (const [shape, message] of wrong) {
      const error = () => painted(4, 2, shape);
      assert.throws(
        error,
        (thrown: Error) => thrown instanceof DamagedFileError && message.test(thrown.message),
      );
    }
    assert.throws(() => painted(1, 2000, { rings: [long] }), /crosses rows of pixels more than/);
  });
});

test("shapeArea() and vertexCount() measure every kind of shape", () => {
  const ring = [0, 0, 2, 0, 2, 3, 0, 3];
  assert.equal(ringArea(ring), 6);
  assert.equal(shapeArea({ union: [[ring], [ring]] }), 12);
  assert.equal(vertexCount({ union: [[ring], [ring]] }), 8);
  assert.equal(shapeArea({ counts: [1, 2, 3, 4], order: "rows" }), 6);
  const mask = (): LabelMap => ({ width: 2, height: 1, data: Uint8Array.of(1, 0) });
  assert.equal(shapeArea({ mask, x: 0, y: 0 }), 1);
  assert.equal(vertexCount({ mask, x: 0, y: 0 }), 0);
});

test("ringOf() takes pairs of numbers alone", () => {
  assert.deepEqual([...ringOf([0, 1, 2, 3, 4, 5], [10, 100])].map(Math.round), [
    0,
    100,
    20,
    300,
    40,
    500,
  ]);
  for (
    const values of [
      [],
      [1, 2, 3, 4],
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5, "6"],
      [1, 2, 3, 4, 5, NaN],
      [1, 2, 3, 4, 5, 1e8],
    ]
  ) {
    assert.throws(() => ringOf(values), RangeError);
  }
});
