import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../lib/config/config.ts";
import { ConfigError } from "../../lib/config/config_error.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { validateConfig } from "../../lib/config/check.ts";

const fixtures = await loadConfig({ preset: "fixtures" });

const FAULTS: [key: string, change: (config: Config) => void, remedy: RegExp][] = [
  ["data.crop", ({ data }) => data.crop = [64, 65], /multiples of 32.*nearest are \[64, 64\]/],
  ["inference.resize", ({ validation }) => inference.resize = [1, 32], /are \[32, 32\]/],
  [
    "inference.resizeMode",
    ({ validation }) => inference.resizeMode = "letterbox",
    /set validation\.resize/,
  ],
  ["inference.window", ({ validation }) => {
    Object.assign(validation, { window: "half" });
  }, /expected auto, whole or \[height, width\], got "half"/],
  [
    "inference.scales",
    ({ validation }) => inference.scales = [],
    /such as \[0\.75, 1\], got \[\]/,
  ],
  ["inference.overlap", ({ validation }) => inference.overlap = 1, /at most 0\.9, got 1/],
  ["data.dir", ({ data }) => data.dataset = "voc", /set data\.dir/],
  ["data.dataset", ({ data }) => data.dataset = "pets", /expected one of/],
  ["model.name", ({ model }) => model.name = "unet", /expected one of fcn8s-vgg16/],
  ["adversarial.loss", ({ adversarial }) => adversarial.loss = "wgan", /expected one of lsgan/],
  ["adversarial.tg", ({ adversarial }) => adversarial.mode = "adversarial", /mode to temperature/],
  ["adversarial.td", ({ adversarial }) => {
    Object.assign(adversarial, { enabled: false, tg: 1, td: 2 });
  }, /expected 1/],
  ["adversarial.validMask", ({ adversarial }) => {
    Object.assign(adversarial, { game: "bce", validMask: "output" });
  }, /reads D's logits/],
  ["data.augment.zoom", ({ data }) => data.augment.zoom = [2, 1], /min at most max/],
  ["data.normalize.mean", ({ data }) => data.normalize.mean = [0, 0, 256], /0\.\.255 scale/],
  ["optimizer.lr", ({ generator }) => optimizer.lr = NaN, /finite number, got NaN/],
];
for (const [key, change, remedy] of FAULTS) {
  test(`validateConfig() refuses a wrong ${key}`, () => {
    const config = structuredClone(fixtures);
    change(config);
    assert.throws(() => validateConfig(config), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.issues.map((issue) => issue.key), [key]);
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
