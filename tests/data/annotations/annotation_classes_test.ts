import assert from "node:assert/strict";
import { test } from "node:test";
import { annotationClasses, hexColor } from "../../../lib/data/annotations/annotation_classes.ts";

const NAMED = ["__ignore__", "car", "bus"].map((name) => ({ name }));

test("annotationClasses() adds background as class 0 or ignores what nothing covers", () => {
  const added = annotationClasses(NAMED, { addBackground: true });
  assert.deepEqual(added.classes.map(({ name }) => name), ["background", "car", "bus"]);
  assert.deepEqual([added.fill, [...added.values]], [0, [
    ["__ignore__", 255],
    ["car", 1],
    ["bus", 2],
    ["background", 0],
  ]]);
  const ignored = annotationClasses(NAMED, { addBackground: false });
  assert.deepEqual([ignored.classes.length, ignored.fill], [2, 255]);
});

test("annotationClasses() keeps a background at its own place, and colours that are all given", () => {
  const named = [
    { name: "car", color: [1, 2, 3] as [number, number, number] },
    { name: "_background_", color: [4, 5, 6] as [number, number, number] },
  ];
  const { classes, fill } = annotationClasses(named, { addBackground: true });
  assert.deepEqual([classes, fill], [named, 1]);
  const [first] = annotationClasses([named[0]!, { name: "bus" }], { addBackground: true }).classes;
  assert.deepEqual(first, { name: "background", color: [0, 0, 0] });
  assert.throws(
    () => annotationClasses([], { addBackground: false }),
    /0 classes, must be 1 to 255/,
  );
  const many = Array.from({ length: 256 }, (_, i) => ({ name: `c${i}` }));
  assert.throws(() => annotationClasses(many, { addBackground: false }), /256 classes/);
});

test("hexColor() reads colours of web pages", () => {
  assert.deepEqual(hexColor("#fA3253"), [250, 50, 83]);
  for (const value of ["", "red", "#fff", 7, undefined]) assert.equal(hexColor(value), undefined);
});
