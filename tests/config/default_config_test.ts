import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultConfig } from "../../lib/config/schema.ts";

test("defaultConfig() gives a copy of its own each time", () => {
  defaultConfig().data.crop[0] = 1;
  assert.deepEqual(defaultConfig().data.crop, [416, 416]);
});

test("defaultConfig() holds the readings of the method that are not options of the thesis", () => {
  const { adversarial, generator, discriminator } = defaultConfig();
  assert.deepEqual([adversarial.lgTiming, adversarial.validMask], ["before", "error"]);
  assert.deepEqual([generator.loss, optimizer.weightDecayOn], ["ce", "kernels"]);
  assert.deepEqual([adversarial.discriminator.lastStride, adversarial.discriminator.output], [
    2,
    "sigmoid",
  ]);
});
