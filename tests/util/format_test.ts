import assert from "node:assert/strict";
import { test } from "node:test";
import {
  count,
  csvLine,
  mebibytes,
  percent,
  printable,
  significant,
} from "../../lib/util/format.ts";

test("percent() has two digits, and a dash where there is no number", () => {
  assert.deepEqual([2 / 3, 0, null, undefined, NaN].map(percent), ["66.67", "0.00", "–", "–", "–"]);
});

test("significant() keeps digits that carry meaning and no trailing zeros", () => {
  assert.deepEqual([0.25, 12.6, 4.2e-7, 0].map((x) => significant(x)), [
    "0.25",
    "13",
    "4.2e-7",
    "0",
  ]);
  assert.equal(significant(1.2345, 3), "1.23");
});

test("count() puts thousands apart, mebibytes() counts in powers of two", () => {
  assert.equal(count(134_475_647), "134,475,647");
  assert.equal(mebibytes(3 * 2 ** 19), "1.5 MiB");
  assert.equal(mebibytes(152 * 2 ** 20, 0), "152 MiB");
});

test("printable() shows characters that steer a terminal as escapes", () => {
  assert.equal(printable("a\u001b[31m\nb\u202e"), "a\\u001b[31m\\u000ab\\u202e");
});

test("csvLine() quotes cells with commas, quotes and line breaks, and leaves absent ones empty", () => {
  assert.equal(csvLine([1, null, undefined, 'a "b", c', "d\ne"]), '1,,,"a ""b"", c","d\ne"\n');
});
