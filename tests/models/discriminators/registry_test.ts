import assert from "node:assert/strict";
import { test } from "node:test";
import { discriminators, parseDiscriminator } from "../../../lib/models/discriminators/registry.ts";

test("discriminators holds the thesis' network first", () => {
  assert.deepEqual(discriminators.names, [
    "dcgan",
    "advsemiseg",
    "patchgan",
    "pixel",
    "unet-discriminator",
  ]);
});

test("parseDiscriminator() fills in the options of the discriminator", () => {
  assert.deepEqual(parseDiscriminator({ classes: 21, lastStride: 1 }), {
    name: "dcgan",
    width: 1,
    classes: 21,
    image: "none",
    imageChannels: 3,
    scales: 1,
    spectralNorm: false,
    norm: "batch",
    lastStride: 1,
    output: "sigmoid",
    lossResolution: "input",
    initStd: 0.02,
  });
});

test("parseDiscriminator() refuses unknown names and options", () => {
  assert.throws(() => parseDiscriminator({ name: "patch", classes: 2 }), /expected one of dcgan/);
  assert.throws(() => parseDiscriminator({ classes: 2, dropout: 1 }), {
    name: "RangeError",
    message:
      'Cannot use dcgan with option dropout: unknown option "dropout"; dcgan takes lastStride, ' +
      "output, lossResolution, initStd, norm",
  });
  assert.throws(
    () => parseDiscriminator({ classes: 2, lastStride: 3 }),
    /lastStride: expected one/,
  );
});
