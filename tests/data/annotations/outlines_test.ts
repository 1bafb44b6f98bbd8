import assert from "node:assert/strict";
import { test } from "node:test";
import {
  boxRing,
  ellipseRing,
  isCoordinate,
  pointOf,
  strokeRing,
} from "../../../lib/data/annotations/outlines.ts";
import { paintShapes, ringArea } from "../../../lib/data/annotations/rasterize.ts";

function rows(width: number, height: number, ring: ArrayLike<number>): string[] {
  const label = { width, height, data: new Uint8Array(width * height) };
  paintShapes(label, [{ shape: { rings: [ring] }, value: 1 }], "file");
  return [...label.data].join("").match(new RegExp(`.{${width}}`, "g"))!;
}

test("boxRing() takes any two opposite corners", () => {
  for (const [a, b] of [[[1, 1], [3, 2]], [[3, 2], [1, 1]], [[3, 1], [1, 2]]] as const) {
    assert.deepEqual(rows(4, 3, boxRing(a, b)), ["0000", "0110", "0000"]);
  }
});

test("ellipseRing() has an ellipse's area, and turns clockwise", () => {
  assert.ok(Math.abs(ringArea(ellipseRing([0, 0], [50, 20])) - Math.PI * 1000) < 1);
  assert.deepEqual(rows(5, 3, ellipseRing([2.5, 1.5], [2.4, 0.6])), ["00000", "11111", "00000"]);
  assert.deepEqual(rows(3, 5, ellipseRing([1.5, 2.5], [2.4, 0.6], 90)), [
    "010",
    "010",
    "010",
    "010",
    "010",
  ]);
  const turned = rows(7, 7, ellipseRing([3.5, 3.5], [3.5, 0.6], 45));
  assert.equal(turned[1]![1], "1", "its right end goes down, its left end up");
  assert.equal(turned[5]![5], "1");
});

test("strokeRing() is as wide as it is said to be", () => {
  assert.deepEqual(rows(4, 4, strokeRing([0, 2], [4, 2], 2)), ["0000", "1111", "1111", "0000"]);
  assert.deepEqual(rows(4, 2, strokeRing([2, 0], [2, 2], 2)), ["0110", "0110"]);
  assert.deepEqual(strokeRing([1, 1], [1, 1], 2), []);
});

test("pointOf() and isCoordinate() take pairs of numbers alone", () => {
  assert.deepEqual(pointOf([1, 2.5, 9]), [1, 2.5]);
  for (const value of [null, [1], ["1", 2], [1, NaN], [1, 1e8], { x: 1 }]) {
    assert.throws(() => pointOf(value), RangeError);
  }
  assert.ok(!isCoordinate(Infinity) && !isCoordinate("1") && isCoordinate(-3));
});
