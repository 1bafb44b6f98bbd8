import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenize } from "../../tasks/checks/tokens.ts";

function kinds(source: string): string[] {
  return tokenize(source).map(({ kind, text }) => `${kind} ${text}`);
}

test("tokenize() tells code, comments, strings and numbers apart", () => {
  assert.deepEqual(kinds(`let a = 'x"' + 1.5e-3; // "no"\n/* f() */ b`), [
    ...["word let", "word a", "mark =", 'text x"', "mark +", "number 1.5e-3", "mark ;"],
    ...['comment // "no"', "comment /* f() */", "word b"],
  ]);
});

test("tokenize() reads the expressions of templates as code", () => {
  assert.deepEqual(kinds("`a ${ {b: `c${d}`}.b } // e`; f"), [
    ...["text a ", "mark {", "word b", "mark :", "text c", "word d", "text ", "mark }", "mark ."],
    ...["word b", "text  // e", "mark ;", "word f"],
  ]);
});

test("tokenize() tells a regular expression from a division", () => {
  assert.deepEqual(kinds("a / b; c = /[/'\"]`/g; (d) / 2"), [
    ...["word a", "mark /", "word b", "mark ;", "word c", "mark =", "regex /[/'\"]`/g", "mark ;"],
    ...["mark (", "word d", "mark )", "mark /", "number 2"],
  ]);
  assert.deepEqual(kinds('return /"/;'), ["word return", 'regex /"/', "mark ;"]);
});

test("tokenize() counts lines, also over comments and templates", () => {
  const lines = tokenize("/*\n*/ a\n`\n${b}\n`\nc").map(({ text, line }) => [text.trim(), line]);
  assert.deepEqual(lines, [["/*\n*/", 1], ["a", 2], ["", 3], ["b", 4], ["", 4], ["c", 6]]);
});
