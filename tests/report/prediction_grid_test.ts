import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodePng } from "../../lib/data/codecs/png_decode.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import type { PredictedImage, RunAnalysis } from "../../lib/report/analyse_run.ts";
import { predictionGrid } from "../../lib/report/prediction_grid.ts";

const CLASSES: Dataset["classes"] = [
  { name: "ground", color: [10, 20, 30] },
  { name: "shape", color: [200, 100, 0] },
];
const WHITE = [255, 255, 255];

/** Images of one colour, of the given sizes; all truth is class 0, all prediction class 1. */
function made(sizes: readonly [width: number, height: number][]): [RunAnalysis, Dataset] {
  const ids = sizes.map((_, i) => `${i}`);
  const maps = new Map(sizes.map(([width, height], i): [string, PredictedImage] => {
    const truth = new Uint8Array(width * height);
    truth[0] = 255;
    return [`${i}`, { width, height, truth, prediction: truth.map(() => 1), mIoU: 0 }];
  }));
  const dataset = {
    split: "val",
    classes: CLASSES,
    ids,
    read: (index: number) => {
      const [width, height] = sizes[index]!;
      const data = new Uint8Array(width * height * 3).fill(index + 1);
      return Promise.resolve({ image: { width, height, data } });
    },
  };
  return [{ classes: CLASSES, maps } as unknown as RunAnalysis, dataset as unknown as Dataset];
}

/** The colour of a pixel of a PNG. */
function pixels(png: Uint8Array): (x: number, y: number) => number[] {
  const { width, data } = decodePng(png, { file: "predictions.png" });
  return (x, y) => [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
}

describe("predictionGrid()", () => {
  test("predictionGrid() shows image, truth and prediction side by side, in the classes' colours", async () => {
    const png = await predictionGrid(...made([[100, 96]]));
    const { width, height } = decodePng(png, { file: "predictions.png" });
    assert.deepEqual([width, height], [3 * 100 + 4 * 6, 96 + 2 * 6]);
    const at = pixels(png);
    assert.deepEqual(at(5, 50), WHITE);
    assert.deepEqual(at(6, 6), [1, 1, 1]);
    assert.deepEqual(at(112, 6), [224, 224, 192]); // ignored
    assert.deepEqual(at(113, 6), [10, 20, 30]);
    assert.deepEqual(at(218, 101), [200, 100, 0]);
  });

  test("predictionGrid() enlarges small images by a whole factor and centres the smaller one", async () => {
    const png = await predictionGrid(...made([[48, 48], [24, 48]]));
    const { width, height } = decodePng(png, { file: "predictions.png" });
    assert.deepEqual([width, height], [3 * 192 + 4 * 6, 2 * 192 + 3 * 6]);
    const at = pixels(png);
    assert.deepEqual(at(6 + 191, 6 + 191), [1, 1, 1]);
    const top = 6 + 192 + 6;
    assert.deepEqual(at(6 + 47, top), WHITE);
    assert.deepEqual(at(6 + 48, top), [2, 2, 2]);
    assert.deepEqual(at(6 + 143, top), [2, 2, 2]);
    assert.deepEqual(at(6 + 144, top), WHITE);
  });

  test("predictionGrid() takes images evenly over those analysed, the same ones each time", async () => {
    const [analysis, dataset] = made(Array.from({ length: 8 }, () => [192, 2]));
    const png = await predictionGrid(analysis, dataset);
    const at = pixels(png);
    assert.deepEqual([0, 1, 2, 3].map((row) => at(6, 6 + row * 8)[0]), [1, 3, 5, 7]);
    assert.deepEqual(await predictionGrid(analysis, dataset), png);
    const two = pixels(await predictionGrid(analysis, dataset, { images: 2 }));
    assert.deepEqual([0, 1].map((row) => two(6, 6 + row * 8)[0]), [1, 5]);
  });

  test("predictionGrid() refuses an analysis without images", async () => {
    await assert.rejects(predictionGrid(...made([])), /val: no image was analysed/);
  });
});
