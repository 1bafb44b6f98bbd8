import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultConfig } from "../../lib/config/schema.ts";

test("defaultConfig() gives a copy of its own each time", () => {
  defaultConfig().data.crop[0] = 1;
  assert.deepEqual(defaultConfig().data.crop, [416, 416]);
});

test("defaultConfig() holds the readings of the method that are not options of the thesis", () => {
  const { adversarial, loss, optimizer } = defaultConfig();
  assert.deepEqual([adversarial.lgTiming, adversarial.validMask], ["before", "error"]);
  assert.deepEqual([loss.terms, optimizer.weightDecayOn], [[{ name: "ce", weight: 1 }], "kernels"]);
  assert.deepEqual([adversarial.discriminator.lastStride, adversarial.discriminator.output], [
    2,
    "sigmoid",
  ]);
});
