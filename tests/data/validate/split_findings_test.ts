import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { diagnoseValues } from "../../../lib/data/validate/split_findings.ts";

function histogramOf(values: readonly number[]): number[] {
  return Array.from({ length: 256 }, (_, value) => values.includes(value) ? 5 : 0);
}

function classesOf(count: number) {
  const color: [number, number, number] = [0, 0, 0];
  return Array.from({ length: count }, (_, i) => ({ name: `c${i}`, color }));
}

describe("diagnoseValues() names the fault", () => {
  const CASES: [what: string, classes: number, ignore: number, values: number[], RegExp][] = [
    ["0/255 masks, 255 undeclared", 2, 200, [0, 255], /0\/255 masks: .* is no class; write/],
    ["0/255 masks, 255 ignored", 2, 255, [0, 255], /0\/255 masks: .* only class 0 is ever learned/],
    ["two classes stretched", 3, 200, [0, 127, 254], /stretched for viewing: .* multiples of 127/],
    ["three classes stretched", 3, 200, [0, 127, 255], /stretched .* 0, 127, 255 are multiples/],
    ["2-bit grey stretched", 4, 200, [0, 85, 170, 255], /stretched .* multiples of 85/],
    ["4-bit grey stretched", 12, 255, [0, 17, 34, 187], /stretched .* multiples of 17/],
    ["labels from 1", 3, 255, [1, 2, 3], /count from 1: subtract 1/],
    ["labels from 1 and void", 3, 255, [1, 2, 3, 255], /count from 1: subtract 1/],
    ["void after the last class", 3, 255, [0, 1, 2, 3], /one more class .*"ignore": 3 in classes/],
    ["255 undeclared", 3, 200, [0, 1, 255], /"ignore": 255 in classes\.json/],
    ["a few strays", 3, 255, [0, 1, 7, 9], /values 7, 9 are neither .* declare these classes/],
    ["shades", 3, 255, Array.from({ length: 90 }, (_, i) => i), /3, 4, .* and 79 more .* shades/],
    ["nothing but ignored pixels", 3, 255, [255], /every pixel has the ignore label 255/],
  ];
  for (const [what, count, ignoreLabel, values, message] of CASES) {
    test(what, () => {
      const dataset = { classes: classesOf(count), ignoreLabel };
      const findings = diagnoseValues(histogramOf(values), dataset);
      assert.equal(findings.length, 1);
      assert.equal(findings[0]!.severity, "error");
      assert.match(findings[0]!.message, message);
    });
  }
});

test("diagnoseValues() warns of an ignore label that is a class", () => {
  const dataset = { classes: classesOf(3), ignoreLabel: 0 };
  const [finding, ...rest] = diagnoseValues(histogramOf([0, 1, 2]), dataset);
  assert.equal(rest.length, 0);
  assert.equal(finding!.severity, "warning");
  assert.match(finding!.message, /the ignore label 0 is also the class c0: it is never learned/);
});

test("diagnoseValues() finds fault exactly where training would", () => {
  fc.assert(fc.property(
    fc.integer({ min: 3, max: 30 }),
    fc.integer({ min: 0, max: 254 }),
    fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 12 }),
    (count, ignoreLabel, values) => {
      const findings = diagnoseValues(histogramOf(values), {
        classes: classesOf(count),
        ignoreLabel,
      });
      const isWrong = values.some((value) => value >= count && value !== ignoreLabel) ||
        values.every((value) => value === ignoreLabel);
      assert.equal(findings.some(({ severity }) => severity === "error"), isWrong);
    },
  ));
});
