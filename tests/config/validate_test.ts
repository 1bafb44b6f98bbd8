import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../lib/config/config.ts";
import { ConfigError } from "../../lib/config/config_error.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { validateConfig } from "../../lib/config/validate.ts";

const fixtures = await loadConfig({ preset: "fixtures" });

const FAULTS: [key: string, change: (config: Config) => void, remedy: RegExp][] = [
  ["data.crop", ({ data }) => data.crop = [64, 65], /multiples of 16.*nearest are \[64, 64\]/],
  ["inference.resize", ({ inference }) => inference.resize = [1, 32], /are \[16, 32\]/],
  [
    "inference.resizeMode",
    ({ inference }) => inference.resizeMode = "letterbox",
    /set inference\.resize/,
  ],
  ["inference.window", ({ inference }) => {
    Object.assign(inference, { window: "half" });
  }, /expected auto, whole or \[height, width\], got "half"/],
  [
    "inference.scales",
    ({ inference }) => inference.scales = [],
    /such as \[0\.75, 1\], got \[\]/,
  ],
  ["inference.overlap", ({ inference }) => inference.overlap = 1, /at most 0\.9, got 1/],
  ["data.dir", ({ data }) => data.dataset = "voc", /set data\.dir/],
  ["data.dataset", ({ data }) => data.dataset = "pets", /expected one of/],
  ["model.name", ({ model }) => model.name = "u-net", /expected one of {fcn8s/],
  ["adversarial.loss", ({ adversarial }) => adversarial.loss = "wgan", /expected one of lsgan/],
  [
    "schedule.warmupEpochs",
    ({ schedule, train }) => {
      [schedule.warmupEpochs, train.epochs] = [5, 3];
    },
    /at most 3, the epochs of the run, got 5: .*never reach its peak; lower it or raise train\.epochs/,
  ],
  ["schedule.warmupEpochs", ({ schedule, train }) => {
    schedule.extensions = [{ from: 6, by: 2, how: "restart" }];
    [schedule.warmupEpochs, train.epochs] = [5, 8];
  }, /at most 2, the epochs of the restart, got 5/],
  ["schedule.extensions[0]", ({ schedule, train }) => {
    schedule.extensions = [{ from: 6, by: 2, how: "hold" }];
    train.epochs = 9;
  }, /end at train\.epochs, which is 9, got from 6 by 2; .*--extend N/],
  ["adversarial.tg", ({ adversarial }) => adversarial.tg = 0, /above 0, got 0/],
  [
    "model.freeze",
    ({ model }) => model.freeze = 6,
    /expected at most 5, the stages of the backbone of unet, got 6/,
  ],
  [
    "model.freeze",
    ({ model }) => Object.assign(model, { freeze: "encoder" }),
    /expected none, backbone or a stage's number, got "encoder"/,
  ],
  ["optimizer.headLrFactor", ({ optimizer }) => optimizer.headLrFactor = 0, /above 0, got 0/],
  ["model.variant", ({ model }) => model.variant = "v1", /unet takes bnMomentum/],
  ["optimizer.momentum", ({ optimizer }) => optimizer.name = "adam", /adam takes beta1/],
  ["train.precision", ({ optimizer, train }) => {
    for (const key of Object.keys(optimizer)) {
      if (!/^(lr|clipNorm)$/.test(key)) delete optimizer[key];
    }
    Object.assign(optimizer, { name: "adam" });
    train.precision = "mixed";
  }, /takes no loss scaling/],
  ["adversarial.validMask", ({ adversarial }) => {
    Object.assign(adversarial, { loss: "bce", validMask: "output" });
  }, /reads D's logits/],
  ["data.augment[0].zoom", ({ data }) => data.augment[0]!.zoom = [2, 1], /min at most max/],
  ["data.normalize.mean", ({ data }) => data.normalize.mean = [0, 0, 256], /0\.\.255 scale/],
  ["optimizer.lr", ({ optimizer }) => optimizer.lr = NaN, /finite number, got NaN/],
];
for (const [key, change, remedy] of FAULTS) {
  test(`validateConfig() refuses a wrong ${key}`, () => {
    const config = structuredClone(fixtures);
    change(config);
    assert.throws(() => validateConfig(config), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.ok(error.issues.some((issue) => issue.key === key), error.message);
      assert.match(error.message, remedy);
      return true;
    });
  });
}

test("validateConfig() leaves a right configuration alone", () => {
  const config = structuredClone(fixtures);
  validateConfig(config);
  assert.deepEqual(config, fixtures);
});
