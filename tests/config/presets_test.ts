import assert from "node:assert/strict";
import { test } from "node:test";
import { presets } from "../../lib/config/presets.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { validateConfig } from "../../lib/config/validate.ts";

test("presets hold the names that the command line promises", () => {
  assert.deepEqual([...presets.keys()], [
    "fixtures",
    "mobile",
    "balanced",
    "accurate",
    "camvid-small",
    "camvid-resnet50",
    "thesis-fcn8s-voc",
    "thesis-fcn8s-cityscapes",
    "thesis-resnet50-voc",
    "thesis-resnet50-cityscapes",
  ]);
});

for (const { name, summary, config, fit } of presets.values()) {
  test(`presets: ${name} is whole, valid once it has its data, and frozen`, async () => {
    const dir = config.data.dataset === "fixtures" ? null : "x";
    const whole = { ...config, data: { ...config.data, dir } };
    // loadConfig() would open the data that a preset is fitted to
    if (fit !== null) validateConfig(whole);
    else {
      assert.deepEqual(await loadConfig({ preset: name, overrides: { "data.dir": dir } }), whole);
    }
    assert.ok(!summary.includes("\n") && summary.length <= 90, summary);
    assert.throws(() => Object.assign(config.data.crop, { 0: 1 }), TypeError);
  });
}

// Table 4-1 and §4.1 to §4.3 of the thesis, typed from there and not from the presets
const COMMON = { crop: [416, 416], batch: 16, zoom: [0.5, 2], rotate: 10, lr: 5e-3, momentum: 0.9 };
const TABLE: Record<string, { lrD: number; alpha: number; l2: number; epochs: number }> = {
  "thesis-fcn8s-voc": { lrD: 1e-7, alpha: 0.05, l2: 0, epochs: 50 },
  "thesis-fcn8s-cityscapes": { lrD: 1e-7, alpha: 0.1, l2: 0, epochs: 200 },
  "thesis-resnet50-voc": { lrD: 5e-8, alpha: 0.05, l2: 0, epochs: 50 },
  "thesis-resnet50-cityscapes": { lrD: 5e-8, alpha: 0.05, l2: 5e-4, epochs: 200 },
};
for (const [name, expected] of Object.entries(TABLE)) {
  test(`presets: ${name} has every number of Table 4-1`, () => {
    const { data, model, optimizer, schedule, adversarial, train, inference } =
      presets.get(name)!.config;
    const { crop, batch, augment } = data;
    const { zoom, rotate, flip } = augment[0]!;
    const { lr, momentum } = optimizer;
    assert.deepEqual({ crop, batch, zoom, rotate, lr, momentum }, COMMON);
    assert.equal(flip, true);
    assert.deepEqual([adversarial.discriminator.beta1, adversarial.discriminator.beta2], [
      0.5,
      0.999,
    ]);
    assert.equal(adversarial.discriminator.lr, expected.lrD);
    if (model.name === "resnet50") assert.equal(model.bnMomentum, 0.9);
    assert.equal(model.width, 1);
    assert.equal(adversarial.weight, expected.alpha);
    assert.equal(optimizer.weightDecay, expected.l2);
    assert.deepEqual([train.epochs, schedule.warmupEpochs], [expected.epochs, 5]);
    assert.deepEqual([adversarial.tg, adversarial.td, adversarial.loss], [0.5, 1, "lsgan"]);
    assert.deepEqual(inference.resize, name.endsWith("voc") ? [416, 416] : null);
    assert.equal(model.name, name.includes("fcn8s") ? "fcn8s-vgg16" : "resnet50");
  });
}
