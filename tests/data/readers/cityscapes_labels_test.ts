import { test } from "node:test";
import assert from "node:assert/strict";
import {
  CITYSCAPES_CLASSES,
  CITYSCAPES_LABELS,
} from "../../../lib/data/readers/cityscapes_labels.ts";
import { runPython, skipWithoutPillow } from "../../support/pillow.ts";
import { sharedPath, skipWithout } from "../../support/shared_data.ts";

test("CITYSCAPES_CLASSES stand in the order of their train ids", () => {
  assert.equal(CITYSCAPES_CLASSES.length, 19);
  assert.deepEqual(CITYSCAPES_CLASSES[0], { name: "road", color: [128, 64, 128] });
  assert.deepEqual(CITYSCAPES_CLASSES[18], { name: "bicycle", color: [119, 11, 32] });
});

test("CITYSCAPES_LABELS hold 34 ids, 19 of them trained", () => {
  CITYSCAPES_LABELS.forEach(({ id }, i) => assert.equal(id, i));
  const trained = CITYSCAPES_LABELS.filter(({ trainId }) => trainId !== 255);
  assert.deepEqual(trained.map(({ trainId }) => trainId), [...Array(19).keys()]);
  assert.equal(CITYSCAPES_LABELS.filter(({ instances }) => instances).length, 10);
});

test("CITYSCAPES_LABELS have the colours of the real colour map", {
  skip: skipWithout("data/formats/cityscapes") || skipWithoutPillow,
}, () => {
  const folder = sharedPath("data/formats/cityscapes/gtFine/val/frankfurt");
  const program = `
import json, sys
from PIL import Image
image = Image.open(json.load(sys.stdin)).convert("RGB")
print(json.dumps([color for count, color in image.getcolors(1000)]))
`;
  const seen = JSON.parse(
    runPython(program, `${folder}/frankfurt_000001_058914_gtFine_color.png`),
  ) as number[][];
  const known = new Set(CITYSCAPES_LABELS.map(({ color }) => color.join()));
  assert.ok(seen.length > 10);
  for (const color of seen) assert.ok(known.has(color.join()), `${color}`);
});
