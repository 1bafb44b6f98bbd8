import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import constants from "../../fixtures/statistics.json" with { type: "json" };
import {
  comparePaired,
  readComparison,
  studentQuantile,
  summarize,
} from "../../lib/metrics/statistics.ts";

describe("comparePaired()", () => {
  test("comparePaired() agrees with SciPy on every sample, ties and zeros included", () => {
    for (const { values, baseline, interval, ...expected } of constants.paired) {
      const found = comparePaired({ values, baseline });
      const where = `${values}`;
      near(found.mean, expected.mean, where);
      near(found.sd!, expected.sd, where);
      near(found.interval![0], interval[0]!, where);
      near(found.interval![1], interval[1]!, where);
      near(found.permutationP, expected.permutationP, where);
      near(found.wilcoxonP, expected.wilcoxonP, where);
    }
  });

  test("comparePaired() is symmetric: swapping the lists turns the sign and keeps p", () => {
    const list = fc.array(fc.tuple(fc.float({ noNaN: true, min: 0, max: 1 }), fc.integer()), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(fc.property(list, (pairs) => {
      const values = pairs.map(([a]) => a);
      const baseline = pairs.map(([, b]) => (b % 7) / 8);
      const one = comparePaired({ values, baseline });
      const other = comparePaired({ values: baseline, baseline: values });
      assert.ok(Math.abs(one.mean + other.mean) < 1e-12);
      assert.equal(one.permutationP, other.permutationP);
      assert.equal(one.wilcoxonP, other.wilcoxonP);
      assert.ok(one.permutationP >= one.smallestP && one.permutationP <= 1);
    }));
  });

  test("comparePaired() draws permutations where there are too many to list", () => {
    const baseline = Array.from({ length: 24 }, () => 0);
    const shifted = baseline.map((_, i) => 0.5 + (i % 5) / 10);
    assert.ok(comparePaired({ values: shifted, baseline }).permutationP < 1e-4);
    const balanced = baseline.map((_, i) => (i % 2 === 0 ? 1 : -1) * (1 + (i >> 1)));
    assert.equal(comparePaired({ values: balanced, baseline }).permutationP, 1);
  });

  test("comparePaired() refuses lists that do not pair", () => {
    assert.throws(
      () => comparePaired({ values: [1], baseline: [] }),
      /Cannot pair 1 values with 0/,
    );
    assert.throws(() => comparePaired({ values: [], baseline: [] }), RangeError);
    assert.throws(() => comparePaired({ values: [NaN], baseline: [0] }), RangeError);
  });
});

describe("readComparison()", () => {
  const read = (differences: number[]): string =>
    readComparison(comparePaired({ values: differences, baseline: differences.map(() => 0) }));

  test("readComparison() says so when seeds are too few, however large the difference", () => {
    assert.match(read([0.2]), /^One seed: .* says nothing$/);
    assert.match(read([0.2, 0.21, 0.2]), /^Too few seeds .* below 0\.25.*; 6 are needed/);
    assert.match(read([0.2, 0.21, 0.2, 0.22, 0.2]), /^Too few seeds .* below 0\.063/);
  });

  test("readComparison() tells better from worse and from nothing shown", () => {
    assert.match(
      read([1, 2, 3, 2, 1, 2].map((v) => v / 100)),
      /^Better .* by 1\.8 points \(p = 0\.031, 6 seeds\)$/,
    );
    assert.match(read([1, 2, 3, 2, 1, 2].map((v) => -v / 100)), /^Worse/);
    assert.match(
      read([1, -2, 3, -2, 1, 0].map((v) => v / 100)),
      /^No difference shown \(p = [01][.\d]*, 6 seeds\): anything from −\d\.\d\d to \+\d\.\d\d points/,
    );
  });
});

test("readComparison() takes another level and another name for the reference", () => {
  const list = [1, 2, 3, 2, 1, 2].map((v) => v / 100);
  const found = comparePaired({ values: list, baseline: list.map(() => 0) });
  assert.match(readComparison(found, { reference: "λ = 0" }), /^Better than λ = 0 by 1\.8 points/);
  assert.match(readComparison(found, { level: 0.01 }), /^Too few seeds .* 8 are needed for 0\.01$/);
});

test("summarize() gives no spread for a single value", () => {
  assert.deepEqual(summarize([0.5]), { n: 1, mean: 0.5, sd: null });
});

function near(found: number, expected: number, where: string): void {
  const gap = Math.abs(found - expected);
  assert.ok(gap <= 1e-9 * Math.max(1, Math.abs(expected)), `${where}: ${found}, not ${expected}`);
}

test("studentQuantile() agrees with SciPy from 1 to 200 degrees of freedom", () => {
  for (const { probability, freedom, value } of constants.quantiles) {
    const found = studentQuantile(probability, freedom);
    assert.ok(Math.abs(found - value) < 1e-9 * value, `t(${probability}, ${freedom}) = ${found}`);
  }
});

test("studentQuantile() refuses what has no such quantile", () => {
  assert.throws(() => studentQuantile(1, 3), RangeError);
  assert.throws(() => studentQuantile(0.975, 0), RangeError);
});
