import assert from "node:assert/strict";
import type { ClassInfo, Sample } from "../../../lib/data/dataset.ts";
import {
  type PrepareOptions,
  prepareSample,
  remapLabels,
} from "../../../lib/data/transforms/prepare_sample.ts";
import { test } from "node:test";

const SAMPLE: Sample = {
  id: "dot",
  image: { width: 1, height: 1, data: new Uint8Array([10, 20, 30]) },
  label: { width: 1, height: 1, data: new Uint8Array([0]) },
};

function options(order: "rgb" | "bgr"): PrepareOptions {
  return {
    dataset: { classes: [{ name: "dot", color: [0, 0, 0] }], ignoreLabel: 7 },
    config: {
      crop: [1, 4],
      augment: [{ name: "affine", zoom: [1, 1], rotate: 0, flip: false }],
      normalize: { order, mean: [1, 2.4, 3.5], std: [1, 1, 2] },
    },
    seed: 1,
    epoch: 0,
    index: 0,
    image: new Uint8Array(12),
    label: new Uint8Array(4),
  };
}

test("prepareSample() fills the surroundings with the mean in RGB order and 255", () => {
  const mean = { rgb: [1, 2, 4], bgr: [4, 2, 1] };
  for (const order of ["rgb", "bgr"] as const) {
    const prepared = options(order);
    assert.equal(prepareSample(SAMPLE, prepared), 1);
    const at = prepared.label.indexOf(0);
    const outside = [...prepared.label.keys()].filter((i) => i !== at);
    assert.deepEqual([...prepared.image.subarray(at * 3, at * 3 + 3)], [10, 20, 30]);
    for (const i of outside) {
      assert.equal(prepared.label[i], 255);
      assert.deepEqual([...prepared.image.subarray(i * 3, i * 3 + 3)], mean[order]);
    }
  }
});

test("prepareSample() names the sample with a wrong label", () => {
  const label = { width: 1, height: 1, data: new Uint8Array([3]) };
  assert.throws(() => prepareSample({ ...SAMPLE, label }, options("rgb")), {
    name: "DamagedFileError",
    message:
      /^Cannot use sample "dot": label 3 at column \d, row 0 is neither a class \(0..0\) nor/,
  });
});

const classes: ClassInfo[] = ["a", "b"].map((name) => ({ name, color: [0, 0, 0] }));

test("remapLabels() turns the ignore label into 255 and counts the rest", () => {
  const label = new Uint8Array([0, 7, 1, 7, 1]);
  assert.equal(remapLabels(label, { classes, ignoreLabel: 7, where: "x", width: 5 }), 3);
  assert.deepEqual([...label], [0, 255, 1, 255, 1]);
});

test("remapLabels() leaves out a class that is the ignore label", () => {
  const label = new Uint8Array([0, 1]);
  assert.equal(remapLabels(label, { classes, ignoreLabel: 0, where: "x", width: 2 }), 1);
  assert.deepEqual([...label], [255, 1]);
});

test("remapLabels() tells value and place of a wrong label", () => {
  const label = new Uint8Array([0, 1, 0, 255, 2, 0]);
  assert.throws(
    () => remapLabels(label, { classes, ignoreLabel: 255, where: 'file "q"', width: 3 }),
    {
      name: "DamagedFileError",
      message:
        'Cannot use file "q": label 2 at column 1, row 1 is neither a class (0..1) nor the ' +
        "ignore label (255)",
    },
  );
});
