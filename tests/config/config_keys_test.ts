import assert from "node:assert/strict";
import { test } from "node:test";
import { configKeys } from "../../lib/config/config_keys.ts";

test("configKeys() has the keys that the documentation promises, each once", () => {
  const keys = configKeys();
  const promised =
    "seed backend threads deterministic data.dataset data.dir data.crop data.batch " +
    "data.augment.zoom data.augment.rotate data.augment.flip data.normalize.mean model.name " +
    "model.width model.upsampleOrder model.init generator.lr generator.momentum generator.l2 " +
    "discriminator.lr discriminator.beta1 discriminator.beta2 discriminator.steps " +
    "adversarial.mode adversarial.game adversarial.alpha adversarial.tg adversarial.td " +
    "train.epochs train.warmupEpochs checkpoint.everySteps";
  assert.deepEqual(promised.split(" ").filter((key) => !keys.includes(key)), []);
  assert.equal(new Set(keys).size, keys.length);
});
