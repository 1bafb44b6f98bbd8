import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultConfig } from "../../lib/config/schema.ts";
import { decodePng } from "../../lib/data/codecs/png_decode.ts";
import { openDataset } from "../../lib/data/registry.ts";
import { openTrainLoader } from "../../lib/data/loader/train_loader.ts";
import { augmentationSheet } from "../../lib/report/augmentation_sheet.ts";

const config = {
  ...defaultConfig().data,
  crop: [40, 56] as [number, number],
  augment: [{ name: "vertical-flip", p: 1 }, { name: "grayscale", p: 1 }],
};

test("augmentationSheet() draws a column for each augmentation and one for all", async () => {
  const dataset = await openDataset("fixtures", { split: "train" });
  const { png, columns, samples } = await augmentationSheet(dataset, { config, images: 3 });
  assert.deepEqual(columns, ["crop", "vertical-flip", "grayscale", "all"]);
  assert.deepEqual(samples, [0, 8, 16].map((i) => dataset.ids[i]));
  const { width, height, data } = decodePng(png, { file: "sheet.png" });
  // 56 pixels are enlarged threefold, 6 pixels lie between
  assert.deepEqual([width, height], [6 + 4 * (3 * 56 + 6), 6 + 6 * (3 * 40 + 6)]);
  const at = (column: number, row: number, x: number, y: number) => {
    const [left, top] = [6 + column * (168 + 6) + 3 * x, 6 + row * (120 + 6) + 3 * y];
    return [...data.subarray((top * width + left) * 3, (top * width + left) * 3 + 3)];
  };
  assert.deepEqual(at(1, 0, 5, 0), at(0, 0, 5, 39));
  assert.deepEqual(at(1, 1, 5, 0), at(0, 1, 5, 39));
  const [red, green, blue] = at(2, 0, 5, 7);
  assert.ok(red === green && green === blue);
});

test("augmentationSheet() shows what the first epoch trains on", async () => {
  const dataset = await openDataset("fixtures", { split: "train" });
  const [red, seed] = [{ ...config, batch: 1, workers: 0 }, 5];
  await using loader = openTrainLoader({ dataset, config: red, seed });
  const batches = await Array.fromAsync(loader.batches({ epoch: 0 }));
  const first = batches.find(({ ids }) => ids[0] === dataset.ids[0])!;
  const { png } = await augmentationSheet(dataset, { config, seed, images: 1 });
  const { width, data } = decodePng(png, { file: "sheet.png" });
  for (const [x, y] of [[0, 0], [55, 0], [20, 30], [55, 39]] as const) {
    const at = ((6 + 3 * y) * width + 6 + 3 * (168 + 6) / 1 + 3 * x) * 3;
    const pixel = (y * 56 + x) * 3;
    assert.deepEqual([...data.subarray(at, at + 3)], [...first.images.subarray(pixel, pixel + 3)]);
  }
});
