import assert from "node:assert/strict";
import { test } from "node:test";
import { configKeys } from "../../lib/config/schema.ts";

test("configKeys() has the keys that the documentation promises, each once", () => {
  const keys = configKeys();
  const promised =
    "seed backend threads deterministic data.dataset data.dir data.crop data.batch " +
    "data.augment data.normalize.mean model.name " +
    "model.width model.upsampleOrder model.init optimizer.lr optimizer.momentum optimizer.weightDecay " +
    "adversarial.discriminator.lr adversarial.discriminator.beta1 adversarial.discriminator.beta2 adversarial.discriminatorSteps " +
    "adversarial.enabled model.skipScales model.variant schedule.power loss.terms adversarial.loss adversarial.weight adversarial.tg adversarial.td " +
    "train.epochs schedule.warmupEpochs checkpoint.everySteps";
  assert.deepEqual(promised.split(" ").filter((key) => !keys.includes(key)), []);
  assert.equal(new Set(keys).size, keys.length);
});
