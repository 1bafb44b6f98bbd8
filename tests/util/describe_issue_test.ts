import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { describeIssue, show, unknownName } from "../../lib/util/describe_issue.ts";

const CASES: [schema: z.ZodType, value: unknown, message: string][] = [
  [z.number(), "x", 'expected a number, got "x"'],
  [z.number(), Infinity, "expected a finite number, got Infinity"],
  [z.int().min(1), 0, "expected a number of at least 1, got 0"],
  [z.number().lt(1), 1, "expected a number below 1, got 1"],
  [z.string().min(1), "", 'expected a text that is not empty, got ""'],
  [z.boolean(), undefined, "expected true or false, got nothing"],
  [z.enum(["sgd", "adam"]), "sdg", 'expected one of sgd, adam, got "sdg"; did you mean sgd?'],
];
for (const [schema, value, message] of CASES) {
  test(`describeIssue() gives one line: ${message}`, () => {
    const { error } = schema.safeParse(value, { error: describeIssue });
    assert.equal(error!.issues[0]!.message, message);
  });
}

test("show() cuts a long value, unknownName() lists the names and suggests one", () => {
  assert.equal(show("x".repeat(100)).length, 60);
  assert.equal(
    unknownName("cvs", ["csv", "json"]),
    'expected one of csv, json, got "cvs"; did you mean csv?',
  );
});
