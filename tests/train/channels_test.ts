import { after, test } from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import { rmSync } from "node:fs";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { brokenRules } from "../../lib/config/rules.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { encodePng } from "../../lib/data/codecs/png_encode.ts";
import { buildModel } from "../../lib/models/build_model.ts";
import { initializeFrom } from "../../lib/models/persistence/initialize.ts";
import { saveSegmentationModel } from "../../lib/models/persistence/saved_model.ts";
import { inputChannelsOf } from "../../lib/models/segmentation_model.ts";
import { loadModel } from "../../lib/train/run/load_model.ts";
import { train } from "../../lib/train/run/train.ts";
import { labels, withFiles } from "../support/dataset_folder.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();
const backend = await useBackend({ backend: "wasm" });
after(() => backend.dispose());

/** A thermal picture: values around 30,000. */
function thermal(seed: number): Uint8Array {
  const data = Uint16Array.from({ length: 1024 }, (_, i) => 29_900 + (i * (seed + 3)) % 400);
  return encodePng({ width: 32, height: 32, channels: 1, data });
}

const overrides = [
  ...[
    "backend=wasm",
    "data.crop=[32,32]",
    "data.batch=2",
    "train.maxSteps=1",
    "model.name=unet",
    "model.width=0.0625",
  ],
  ...["data.channels=1", "data.normalize.mean=[128]", "data.normalize.std=[60]", "data.workers=0"],
];

test("train() takes pictures of one channel and of 16 bits, and the run knows both", async () => {
  const out = join(temporaryFolder(), "run");
  const files = Object.fromEntries(
    ["train", "val"].flatMap((split, s) =>
      [0, 1].flatMap((i) => [
        [`${split}/images/${split}${i}.png`, thermal(10 * s + i)],
        [`${split}/labels/${split}${i}.png`, labels(32, 32, { values: [0, 1] })],
      ])
    ),
  );
  const content = { ...files, "classes.json": { classes: ["cold", "warm"] } };
  await withFiles(content, async (dir) => {
    const config = await loadConfig({
      overrides: [...overrides, "data.dataset=folder", `data.dir=${JSON.stringify(dir)}`],
    });
    const notices: string[] = [];
    await train(config, {
      out,
      backend,
      onEvent: (event) => event.type === "warning" && notices.push(event.message),
    });
    assert.ok(notices.some((text) => text.startsWith("4 of 4 pictures have more than 8 bits")));
  });
  const { model, config, pictures, normalize } = await loadModel(out);
  assert.equal(inputChannelsOf(model), 1);
  assert.deepEqual(pictures, { orientation: "apply", range: config!.data.range, channels: 1 });
  assert.equal(config!.data.range![0], 29_900);
  assert.deepEqual(normalize.mean, [128]);
  model.layers.dispose();
  rmSync(out, { recursive: true });
});

test("brokenRules() ask for a mean a channel, and no augmentation of colours", async () => {
  const config = await loadConfig({ overrides: [...overrides, "data.dataset=fixtures"] });
  const data = { ...config.data, channels: 5, augment: [{ name: "color-jitter" }] };
  const faults = [...brokenRules({ ...config, data })].map(({ key, message }) =>
    `${key}: ${message}`
  );
  assert.deepEqual(faults.filter((text) => text.startsWith("data.")), [
    "data.normalize.mean: expected 5 numbers, one for each of data.channels, got 1",
    "data.normalize.std: expected 5 numbers, one for each of data.channels, got 1",
    "data.augment: expected augmentations of geometry or cutmix with data.channels 5, got " +
    "color-jitter, which is for red, green and blue",
  ]);
});

test("initializeFrom() fits the first layer of a network of three channels to others", async () => {
  const folder = join(temporaryFolder(), "model");
  const small = { name: "unet", width: 1 / 16 };
  const options = { classes: 2, seed: 1 };
  const rgb = buildModel(small, options);
  const classes = ["a", "b"].map((name) => ({
    name,
    color: [0, 0, 0] as [number, number, number],
  }));
  const normalize = { order: "rgb" as const, mean: [1, 2, 3], std: [1, 1, 1] };
  await saveSegmentationModel(rgb, folder, { classes, normalize });
  const five = buildModel({ ...small, inputChannels: 5 }, { ...options, seed: 2 });
  const report = await initializeFrom(five, folder, { classes: ["a", "b"] });
  assert.deepEqual(report.warnings, []);
  const kernelOf = ({ layers }: typeof rgb) => layers.weights[0]!.read();
  const [before, after] = [await kernelOf(rgb).data(), await kernelOf(five).data()];
  const filters = kernelOf(rgb).shape[3]!;
  for (let f = 0; f < filters; f++) {
    for (let c = 0; c < 5; c++) {
      const expected = Math.fround(before[(c % 3) * filters + f]! * 3 / 5);
      assert.ok(Math.abs(after[c * filters + f]! - expected) < 1e-6);
    }
  }
  rgb.layers.dispose();
  five.layers.dispose();
});
