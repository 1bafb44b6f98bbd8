import assert from "node:assert/strict";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../../lib/config/config_error.ts";
import { loadConfig, type LoadConfigOptions } from "../../lib/config/load.ts";
import { segmentationLosses } from "../../lib/losses/segmentation/loss_config.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

test("loadConfig() lays overrides over the file, the file over the preset", async () => {
  const config = await loadConfig({
    preset: "fixtures",
    yaml: "optimizer: { lr: 0.5, weightDecay: 0.25 }",
    overrides: ["optimizer.lr=0.125"],
  });
  assert.equal(config.optimizer.lr, 0.125);
  assert.equal(config.optimizer.weightDecay, 0.25);
  assert.equal(config.data.dataset, "fixtures");
});

test("loadConfig() takes the preset that the file names, unless another is asked for", async () => {
  const yaml = "preset: camvid-small\ndata: { dir: x }";
  assert.deepEqual((await loadConfig({ yaml })).data.crop, [128, 160]);
  const other = await loadConfig({ yaml, preset: "thesis-fcn8s-voc" });
  assert.deepEqual(other.data.crop, [416, 416]);
});

test("loadConfig() reads no device and no huge file", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "huge.yaml");
  await writeFile(path, "");
  await truncate(path, 2 ** 40);
  await assert.rejects(loadConfig({ path }), /cannot read the config file: it has 1099511627776/);
  if (process.platform === "win32") return;
  await assert.rejects(loadConfig({ path: "/dev/zero" }), /it is a device or a pipe/);
});

test("loadConfig() reads a file and leaves an empty section alone", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "run.yaml");
  await writeFile(path, "preset: fixtures\noptimizer:\n  # lr: 1\ntrain:\n  epochs: 3\n");
  const config = await loadConfig({ path });
  assert.equal(config.train.epochs, 3);
  assert.equal(config.optimizer.lr, (await loadConfig({ preset: "fixtures" })).optimizer.lr);
});

test("loadConfig() gives a copy that can be changed", async () => {
  const config = await loadConfig({ preset: "fixtures" });
  config.train.epochs = 1;
  config.data.crop[0] = 32;
  assert.deepEqual((await loadConfig({ preset: "fixtures" })).data.crop, [64, 64]);
});

const OVERRIDES: [override: string, section: string, key: string, value: unknown][] = [
  ["adversarial.tg=0.5", "adversarial", "tg", 0.5],
  ["optimizer.lr = 1e-3", "optimizer", "lr", 1e-3],
  ["data.crop=[32, 96]", "data", "crop", [32, 96]],
  ["model.padding=100", "model", "padding", 100],
  ["model.padding=same", "model", "padding", "same"],
  ["model.init=2012", "model", "init", "2012"],
  ["model.init=a=b.h5", "model", "init", "a=b.h5"],
  ["model.init='null'", "model", "init", "null"],
  ["model.init=#1: {x", "model", "init", "#1: {x"],
  ["data.dir=null", "data", "dir", null],
  ["train.maxSteps=null", "train", "maxSteps", null],
  ["optimizer.nesterov=true", "optimizer", "nesterov", true],
  ["model.init=*.h5", "model", "init", "*.h5"],
];
for (const [override, section, key, value] of OVERRIDES) {
  test(`loadConfig() understands the override ${override}`, async () => {
    const overrides = ["model.name=fcn8s-vgg16", override];
    const config = await loadConfig({ preset: "fixtures", overrides });
    const found = config[section as "data"][key as "dir"];
    assert.deepEqual(found as unknown, value);
  });
}

test("loadConfig() takes overrides as dotted or nested keys", async () => {
  const overrides = {
    "optimizer.lr": 1,
    optimizer: { weightDecay: 2 },
    "data.augment": [{ name: "affine", rotate: 3 }],
  };
  const config = await loadConfig({ preset: "fixtures", overrides });
  assert.equal(config.optimizer.lr, 1);
  assert.equal(config.optimizer.weightDecay, 2);
  const affine = { name: "affine", zoom: [0.5, 2], rotate: 3, flip: true };
  assert.deepEqual(config.data.augment, [affine]);
});

test("loadConfig() drops the own options of an entry that a stronger source replaces", async () => {
  const overrides = ["model.name=resnet50", "optimizer.name=adam", "schedule.name=poly"];
  const yaml = "preset: fixtures\nmodel: { name: fcn8s-vgg16, skipScales: [1, 1] }";
  const { model, optimizer, schedule } = await loadConfig({ yaml, overrides });
  assert.deepEqual([model.skipScales, model.variant, model.width], [undefined, "v1", 0.1875]);
  assert.deepEqual([optimizer.momentum, optimizer.beta1, optimizer.lr], [undefined, 0.9, 0.02]);
  assert.deepEqual([schedule.power, schedule.warmupEpochs], [0.9, 1]);
});

const base = "preset: fixtures\n";
const FAULTS: [yaml: string, message: string][] = [
  ["optimizer:\n  lr: fast", 'run.yaml:3:7 optimizer.lr: expected a number, got "fast"'],
  ["optimizer:\n  lr: .inf", "run.yaml:3:7 optimizer.lr: expected a finite number, got Infinity"],
  ["optimizer:\n  lr: 0", "run.yaml:3:7 optimizer.lr: expected a number above 0, got 0"],
  [
    "data: { crop: [32, 48] }\n" +
    "adversarial: { discriminator: { name: unet-discriminator, scales: 2 } }",
    "run.yaml:2:15 data.crop: expected multiples of 32, as the discriminator unet-discriminator " +
    "at 2 scales needs them, got [32, 48]",
  ],
  ["optimizer: { lrr: 1 }", "run.yaml:2:14 optimizer.lrr: unknown key; did you mean optimizer.lr?"],
  [
    "lr: 1",
    "run.yaml:2:1 lr: unknown key; did you mean optimizer.lr or adversarial.discriminator.lr?",
  ],
  ["epohcs: 1", "run.yaml:2:1 epohcs: unknown key; did you mean train.epochs?"],
  ["trian: { epochs: 1 }", "run.yaml:2:1 trian: unknown key; did you mean train?"],
  [
    "checkpoint: { often: true }",
    "run.yaml:2:15 checkpoint.often: unknown key; checkpoint has: everySteps, everyMinutes, keep",
  ],
  ["optimizer: 5", "run.yaml:2:12 optimizer: expected a section of keys, got 5"],
  ["seed: -1", "run.yaml:2:7 seed: expected a number of at least 0, got -1"],
  ["seed: 1.5", "run.yaml:2:7 seed: expected a whole number, got 1.5"],
  ["seed: 1e99", "run.yaml:2:7 seed: expected a number of at most 4294967295, got 1e+99"],
  ["data: { crop: 64 }", "run.yaml:2:15 data.crop: expected [height, width], got 64"],
  ["data: { crop: [64, x] }", 'run.yaml:2:20 data.crop[1]: expected a number, got "x"'],
  [
    "data: { augment: [{ name: affine, flip: yes }] }",
    'run.yaml:2:41 data.augment[0].flip: expected true or false, got "yes"',
  ],
  [
    "data: { augment: [{ name: affine }, { name: colour-jitter }] }",
    "run.yaml:2:45 data.augment[1].name: expected one of affine, random-resized-crop, " +
    "vertical-flip, rotate-90, color-jitter, grayscale, gaussian-blur, gaussian-noise, " +
    'random-erasing, cutmix, got "colour-jitter"; did you mean color-jitter?',
  ],
  [
    "data: { augment: [{ name: color-jitter, hue: 0.7 }] }",
    "run.yaml:2:46 data.augment[0].hue: expected a number of at most 0.5, got 0.7",
  ],
  [
    "data: { augment: [{ name: grayscale, hue: 0.1 }] }",
    'data.augment[0].hue: unknown option "hue"; grayscale takes p; it is one of color-jitter',
  ],
  [
    "data: { augment: [{ name: gaussian-blur, sigma: [2, 1] }] }",
    "data.augment[0].sigma: expected [min, max] with min at most max, got [2,1]",
  ],
  [
    "backend: webgl",
    'run.yaml:2:10 backend: expected one of auto, webgpu, wasm, cpu, got "webgl"; ' +
    "did you mean webgpu?",
  ],
  [
    "model: { name: fcn8s-vgg16, padding: 50 }",
    "run.yaml:2:38 model.padding: expected one of same, 100, got 50",
  ],
  [
    "data: { crop: [100, 64] }",
    "run.yaml:2:15 data.crop: expected multiples of 16, as unet needs them, " +
    "got [100, 64]; the nearest are [96, 64]",
  ],
  [
    "model: { variant: v1 }",
    'run.yaml:2:10 model.variant: unknown option "variant"; unet takes bnMomentum; it is one of ' +
    "resnet50, resnet101, resnet152",
  ],
  [
    "loss: { terms: [{ name: ce }, { name: dise }] }",
    `run.yaml:2:39 loss.terms[1].name: expected one of ${segmentationLosses.names.join(", ")}, ` +
    'got "dise"; ' +
    "did you mean dice?",
  ],
  [
    "loss: { terms: [{ name: ce, smooth: 1 }] }",
    'run.yaml:2:29 loss.terms[0].smooth: unknown option "smooth"; ce takes none; it is one of dice',
  ],
  ["loss: { terms: [] }", "run.yaml:2:16 loss.terms: expected a list of at least 1, got []"],
  ["__proto__: { seed: 1 }", "run.yaml:2:1 __proto__: unknown key; known keys: preset, seed"],
  ["seed: 1\nseed: 2", "run.yaml:3:1: map keys must be unique"],
  ["seed: [1", "run.yaml:2:9: flow sequence"],
  ["seed: *a", "run.yaml: unresolved alias"],
  ["---\nseed: 1\n---\nseed: 2", "expected one YAML document, got several"],
];
for (const [yaml, message] of FAULTS) {
  test(`loadConfig() refuses ${JSON.stringify(yaml)} with place, key and remedy`, async () => {
    await assert.rejects(loadConfig({ path: "run.yaml", yaml: base + yaml }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.issues.length, 1);
      assert.ok(error.message.includes(message), error.message);
      return true;
    });
  });
}

const REFUSED: [what: string, options: LoadConfigOptions, message: RegExp][] = [
  ["a file that is not there", { path: "nope.yaml" }, /^nope\.yaml: there is no such config file$/],
  ["a preset as a file", { path: "camvid-small" }, /for the preset use --preset camvid-small$/],
  ["a folder", { path: "lib" }, /^lib: expected a YAML file, got a folder$/],
  ["an unknown preset", { preset: "camvid-smal" }, /^preset: .*did you mean camvid-small\?$/],
  ["a preset in the file", { path: "a.yaml", yaml: "preset: x" }, /^a\.yaml:1:9 preset: expected/],
  ["a preset of another type", { yaml: "preset: [x]" }, /^yaml:1:9 preset: expected the name/],
  ["a list", { yaml: "- seed" }, /^yaml:1:1: expected sections of keys/],
  ["a reader without its folder", { preset: "camvid-small" }, /^data\.dir: .*--data DIR/],
  ["a folder that nobody reads", { preset: "fixtures", overrides: ["data.dir=x"] }, /^data\.dir/],
  ["an override without a value", { overrides: ["optimizer.lr"] }, /expected key=value, such as/],
  ["an override with an alias", { overrides: ["seed=*a"] }, /^seed: expected a number, got "\*a"$/],
  [
    "an unknown augmentation",
    { overrides: ["data.augment=[{name: blur}]"] },
    /^data\.augment\[0\]\.name: expected one of affine, .*, got "blur"/,
  ],
  [
    "an augmentation's option out of range",
    { overrides: ["data.augment=[{name: cutmix, alpha: 9}]"] },
    /^data\.augment\[0\]\.alpha: expected a number of at most 4, got 9$/,
  ],
  ["an unknown data set", { overrides: ["data.dataset=vok"] }, /did you mean voc\?/],
  ["an unknown network", { overrides: ["model.name=resnet5"] }, /did you mean resnet50\?/],
  [
    "an unknown adversarial loss",
    { overrides: ["adversarial.loss=gan"] },
    /one of lsgan, bce, hinge, got "gan"/,
  ],
  ["deep nesting", { yaml: "[".repeat(1e5) }, /nested too deeply|flow sequence/],
  ["a huge file", { yaml: "#".repeat(1 << 21) }, /expected at most 1048576 characters/],
  ["exploding aliases", {
    yaml: "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n" +
      "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n",
  }, /alias/],
];
for (const [what, options, message] of REFUSED) {
  test(`loadConfig() refuses ${what}`, async () => {
    await assert.rejects(loadConfig(options), (error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

test("loadConfig() lists every fault, each on a line of its own", async () => {
  const yaml = "optimizer:\n  lr: fast\n  lrr: 1\nmodl: 3\n";
  await assert.rejects(loadConfig({ path: "run.yaml", yaml }), {
    message: [
      'run.yaml:2:7 optimizer.lr: expected a number, got "fast"',
      "run.yaml:3:3 optimizer.lrr: unknown key; did you mean optimizer.lr?",
      "run.yaml:4:1 modl: unknown key; did you mean model?",
    ].join("\n"),
  });
});

test("loadConfig() answers any text with a configuration or a ConfigError", async () => {
  const line = fc.tuple(
    fc.constantFrom("", "  ", "    ", "- "),
    fc.constantFrom("seed", "data", "crop", "optimizer", "lr", "preset", "__proto__", "<<", "?"),
    fc.constantFrom(": ", ":", " ", ": &a ", ": *a ", ": !!binary "),
    fc.oneof(fc.constantFrom("1", "[1, 2]", "{", "fixtures", "null", "|", "'"), fc.string()),
  ).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), async (lines) => {
      try {
        await loadConfig({ yaml: lines.join("\n") });
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
        assert.ok(!error.message.includes("\n\n"));
      }
    }),
    { numRuns: 300 },
  );
});

test("loadConfig() answers any override with a configuration or a ConfigError", async () => {
  const key = fc.oneof(
    fc.constantFrom("seed", "data.crop", "data", "model.init", "a.b"),
    fc.string(),
  );
  const yamlish = fc.string({ unit: fc.constantFrom(..."&*!|>'\"%@`{}[],:#?-~\n\t =01ae.<") });
  const value = fc.oneof(yamlish, fc.string());
  const override = fc.tuple(key, fc.constantFrom("=", "", "=="), value).map((parts) =>
    parts.join("")
  );
  await fc.assert(
    fc.asyncProperty(fc.array(override, { maxLength: 4 }), async (overrides) => {
      try {
        await loadConfig({ preset: "fixtures", overrides });
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

test("loadConfig() survives nesting of any depth", { timeout: 240_000 }, async () => {
  for (const depth of [100, 3000, 10_000]) {
    const list = "[".repeat(depth) + "]".repeat(depth);
    const map = "{ a: ".repeat(depth) + "1" + " }".repeat(depth);
    const sources: LoadConfigOptions[] = [
      { yaml: `seed: ${list}` },
      { yaml: `seed: ${map}` },
      { yaml: `data: ${map}` },
      { overrides: [`seed=${list}`] },
      { overrides: [`${"data.".repeat(10 * depth)}crop=1`] },
    ];
    for (const source of sources) {
      await assert.rejects(loadConfig(source), ConfigError);
    }
  }
});
