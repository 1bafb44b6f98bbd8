import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultConfig } from "../../lib/config/default_config.ts";

test("defaultConfig() gives a copy of its own each time", () => {
  defaultConfig().data.crop[0] = 1;
  assert.deepEqual(defaultConfig().data.crop, [416, 416]);
});

test("defaultConfig() holds the readings of the method that are not options of the thesis", () => {
  const { adversarial, generator, discriminator } = defaultConfig();
  assert.deepEqual([adversarial.lgTiming, adversarial.validMask], ["before", "error"]);
  assert.deepEqual([generator.loss, generator.decay], ["ce", "kernels"]);
  assert.deepEqual([discriminator.lastStride, discriminator.output], [2, "sigmoid"]);
});
