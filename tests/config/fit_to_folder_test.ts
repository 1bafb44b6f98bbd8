import assert from "node:assert/strict";
import { test } from "node:test";
import { fitToFolder } from "../../lib/config/fit_to_folder.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { presets } from "../../lib/config/presets.ts";

const OWN = { processors: 2, gpu: null };

test("fitToFolder() takes small images whole, and spends the budget in epochs", () => {
  const { config, reason } = fitToFolder({ ...OWN, images: 367, size: [120, 160] }, 4400);
  assert.deepEqual(config.data!.crop, [128, 160]);
  assert.equal(config.data!.batch, 8);
  assert.deepEqual(config.data!.augment![0], {
    name: "affine",
    zoom: [1, 2],
    rotate: 10,
    flip: true,
  });
  assert.equal(config.train!.epochs, 12);
  assert.equal(config.train!.emaTau, 60);
  assert.equal(config.inference!.resize, undefined);
  assert.equal(
    reason,
    "367 images of 160x120 on 2 processors: crop 160x128 of the image at 1 to 2 of its size, " +
      "batch 8, 12 epochs (540 steps)",
  );
});

test("fitToFolder() scales photographs down, in training and inference alike, to multiples of 32", () => {
  const { config } = fitToFolder({ ...OWN, images: 50, size: [3024, 4032] }, 4400);
  assert.deepEqual(config.data!.crop, [128, 160]);
  assert.deepEqual(config.inference!.resize, [128, 160]);
  assert.equal(config.inference!.resizeMode, "letterbox");
  const [{ zoom }] = config.data!.augment as unknown as [{ zoom: [number, number] }];
  assert.ok(Math.abs(zoom[0] * 3024 - 124) < 1, `${zoom[0] * 3024}`);
  assert.equal(config.train!.epochs, 88);
});

test("fitToFolder() gives a card larger crops and batches, more processors more epochs", () => {
  const facts = { images: 1000, size: [1024, 2048] as [number, number] };
  const card = fitToFolder({ ...facts, processors: 16, gpu: "a card" }, 4400);
  assert.deepEqual([card.config.data!.crop, card.config.data!.batch], [[352, 736], 16]);
  assert.equal(card.config.train!.epochs, 44);
  assert.match(card.reason, /on a card: /);
  const epochs = [1, 2, 4, 8, 64].map((processors) =>
    fitToFolder({ ...facts, processors, gpu: null }, 4400).config.train!.epochs
  );
  assert.deepEqual(epochs, [4, 4, 9, 18, 18]);
});

test("fitToFolder() has bounds for sets of few, one and very many images", () => {
  const fit = (images: number) => fitToFolder({ ...OWN, images, size: [64, 64] }, 4400).config;
  assert.deepEqual([fit(5).data!.batch, fit(5).train!.epochs], [2, 200]);
  assert.deepEqual([fit(1).data!.batch, fit(1).train!.epochs], [1, 200]);
  assert.deepEqual([fit(1e6).data!.batch, fit(1e6).train!.epochs], [8, 1]);
});

test("loadConfig() lays fitted values between preset and file, and says them", async () => {
  for (const preset of ["mobile", "balanced", "accurate"]) {
    const said: string[] = [];
    const config = await loadConfig({
      preset,
      yaml: "data: { dataset: fixtures, batch: 3 }\nbackend: wasm",
      overrides: ["train.epochs=2"],
      onNotice: (line) => said.push(line),
    });
    assert.deepEqual([config.data.crop, config.data.batch, config.train.epochs], [[64, 64], 3, 2]);
    assert.equal(config.model.name, presets.get(preset)!.config.model.name);
    assert.equal(said.length, 1);
    assert.match(said[0]!, new RegExp(`^preset ${preset}: \\d+ images of 64x64 on `));
  }
});

test("loadConfig() names the lacking folder of a preset that is fitted to it", async () => {
  await assert.rejects(loadConfig({ preset: "balanced" }), /data\.dir: expected the folder/);
});
