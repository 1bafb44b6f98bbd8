import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { exactCos, exactExp, exactLog, exactSin } from "../../lib/util/exact_math.ts";

function real(min: number, max: number): fc.Arbitrary<number> {
  return fc.double({ min, max, noNaN: true });
}

test("exactLog() is within 1e-14 of Math.log", () => {
  fc.assert(fc.property(real(1e-300, 1e300), (x) => {
    const expected = Math.log(x);
    return Math.abs(exactLog(x) - expected) <= 1e-14 * Math.max(1, Math.abs(expected));
  }));
  assert.equal(exactLog(1), 0);
});

test("exactExp() is within 1e-13 of Math.exp", () => {
  // The argument's own rounding is worth |x|·2⁻⁵³ = 8e-14 at the far end.
  fc.assert(fc.property(real(-700, 700), (x) => Math.abs(exactExp(x) / Math.exp(x) - 1) < 1e-13));
  assert.equal(exactExp(0), 1);
});

test("exactSin() and exactCos() are within 1e-13 of Math", () => {
  fc.assert(fc.property(real(-1000, 1000), (x) => {
    return Math.abs(exactSin(x) - Math.sin(x)) < 1e-13 &&
      Math.abs(exactCos(x) - Math.cos(x)) < 1e-13;
  }));
  assert.equal(exactSin(0), 0);
  assert.equal(exactCos(0), 1);
});

test("exactLog(), exactExp(), exactSin() and exactCos() refuse values outside their range", () => {
  for (const x of [0, -1, NaN, Infinity, 1e-310]) assert.throws(() => exactLog(x), RangeError);
  for (const x of [701, -701, NaN]) assert.throws(() => exactExp(x), RangeError);
  for (const x of [1001, NaN, -Infinity]) {
    assert.throws(() => exactSin(x), RangeError);
    assert.throws(() => exactCos(x), RangeError);
  }
});
