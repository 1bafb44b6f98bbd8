/** Parameter counts of the discriminators, by which their architectures are known. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspectModel } from "../../../lib/models/inspect_model.ts";

const COUNTS: [name: string, options: object, trainable: number][] = [
  ["patchgan", {}, 2_784_065],
  ["patchgan", { image: "concat" }, 2_787_137],
  ["advsemiseg", {}, 2_783_169],
  ["pixel", {}, 9_984],
  ["unet-discriminator", {}, 5_101_121],
  ["dcgan", { norm: "none" }, 2_783_169],
  ["dcgan", { spectralNorm: true, norm: "none" }, 2_783_169],
  ["advsemiseg", { scales: 2 }, 2 * 2_783_169],
  ["advsemiseg", { image: "branches" }, 2_783_169 + 16 * 3 * 64 + 64 + 16 * 64 * 128],
];

for (const [name, options, trainable] of COUNTS) {
  test(`${name} ${JSON.stringify(options)} has ${trainable} weights at 21 classes`, () => {
    const report = inspectModel({ name, ...options }, { classes: 21, input: [256, 256] });
    assert.equal(report.parameters.trainable, trainable);
  });
}
