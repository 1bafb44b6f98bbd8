import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  describeIssue,
  nameList,
  nearest,
  show,
  unknownName,
} from "../../lib/util/describe_issue.ts";
import { z } from "zod";

const NAMES: [name: string, candidates: string[], expected: string | null][] = [
  ["epohcs", ["batch", "epochs"], "epochs"],
  ["epoch", ["batch", "epochs"], "epochs"],
  ["EPOCHS", ["batch", "epochs"], "epochs"],
  ["fcn8-vgg16", ["fcn16s-vgg16", "fcn8s-vgg16"], "fcn8s-vgg16"],
  ["camvid", ["fixtures", "camvid-small"], "camvid-small"],
  ["thesis", ["thesis-voc-a", "thesis-voc-b"], null],
  ["foo", ["zoom", "lr"], null],
  ["lr", ["l2", "momentum"], "l2"],
  ["x", [], null],
  ["", ["a"], null],
];

for (const [name, candidates, expected] of NAMES) {
  test(`nearest() takes "${name}" among [${candidates}] for ${expected}`, () => {
    assert.equal(nearest(name, candidates), expected);
  });
}

test("nearest() finds a long name again after one edit", () => {
  const names = ["segmentation", "discriminator", "adversarial", "validation", "checkpoint"];
  fc.assert(fc.property(
    fc.constantFrom(...names),
    fc.nat(8),
    fc.constantFrom("drop", "double", "replace"),
    (name, at, edit) => {
      const insert = { drop: "", double: name[at]! + name[at]!, replace: "#" }[edit];
      assert.equal(nearest(name.slice(0, at) + insert + name.slice(at + 1), names), name);
    },
  ));
});

const ISSUES: [schema: z.ZodType, value: unknown, message: string][] = [
  [z.number(), "x", 'expected a number, got "x"'],
  [z.number(), Infinity, "expected a finite number, got Infinity"],
  [z.int().min(1), 0, "expected a number of at least 1, got 0"],
  [z.number().lt(1), 1, "expected a number below 1, got 1"],
  [z.string().min(1), "", 'expected a text that is not empty, got ""'],
  [z.boolean(), undefined, "expected true or false, got nothing"],
  [z.enum(["sgd", "adam"]), "sdg", 'expected one of sgd, adam, got "sdg"; did you mean sgd?'],
];
for (const [schema, value, message] of ISSUES) {
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

test("nameList() groups many names by what stands around their first hyphen", () => {
  assert.equal(nameList([]), "");
  assert.equal(nameList(["unet-a", "fcn-a"]), "unet-a, fcn-a");
  const tails = Array.from({ length: 12 }, (_, i) => `r${i}`);
  const pairs = ["unet", "fcn", "dlv3"].flatMap((head) => tails.map((tail) => `${head}-${tail}`));
  const names = ["plain", ...pairs, "unet-v3-large", "fcn-v3-large", "fcn-b0"];
  const all = nameList(names);
  assert.equal(
    all,
    `plain, {unet, fcn, dlv3}-{${tails.join(", ")}}, {unet, fcn}-v3-large, fcn-b0`,
  );
});
