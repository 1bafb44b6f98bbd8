import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nearest } from "../../lib/util/nearest.ts";

const CASES: [name: string, candidates: string[], expected: string | null][] = [
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

for (const [name, candidates, expected] of CASES) {
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
