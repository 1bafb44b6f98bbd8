import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openDataset } from "../../lib/data/registry.ts";
import { fromLayersModel } from "../../lib/models/from_layers_model.ts";
import { evaluate } from "../../lib/models/inference/evaluate.ts";
import { predict, predictBatch } from "../../lib/models/inference/predict.ts";
import { predictPixels, predictProbabilities } from "../../lib/models/inference/probabilities.ts";
import {
  assertFiniteWeights,
  findFault,
  finitenessOf,
  NonFiniteNetworkError,
} from "../../lib/models/non_finite.ts";
import {
  loadSegmentationModel,
  saveSegmentationModel,
} from "../../lib/models/persistence/saved_model.ts";
import { defaultConfig } from "../../lib/config/schema.ts";
import { disturb, onCpu, poison, smallModel } from "../support/small_models.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const { normalize } = defaultConfig().data;
const image = { width: 32, height: 32, image: new Float32Array(32 * 32 * 3).fill(0.5) };
const KERNEL = "block3_conv1/kernel";

/** A narrow network with a value that is not finite in its third block, which ReLU hides in part. */
async function poisoned(value = NaN, weight = KERNEL) {
  const model = smallModel("fcn8s-vgg16", { classes: 5 });
  disturb(model.layers);
  await poison(model.layers, { weight, value });
  return model;
}

describe("networks that are not finite", () => {
  onCpu();
  const folder = temporaryFolders();

  test("finitenessOf() is finite exactly if all values are", async () => {
    const cases: [number[], boolean][] = [
      [[1, -2, 3e38, 3e38], true],
      [[1, NaN], false],
      [[Infinity, 1], false],
      [[Infinity, -Infinity], false],
    ];
    for (const [values, isFinite] of cases) {
      const [sum] = await finitenessOf(tf.tensor1d(values)).data();
      assert.equal(Number.isFinite(sum), isFinite, String(values));
    }
  });

  test("assertFiniteWeights() takes weights whose sum alone overflows", async () => {
    const model = await poisoned(3e38);
    await poison(model.layers, { weight: KERNEL, value: 3e38, all: true });
    await assertFiniteWeights(model.layers, { subject: "it" });
  });

  test("assertFiniteWeights() names the first layer at fault and its largest input", async () => {
    const model = await poisoned();
    await poison(model.layers, { weight: "block5_conv1/kernel", value: Infinity });
    const { numTensors } = tf.memory();
    const options = { subject: "runs/a", image: () => Promise.resolve(tf.ones([1, 32, 32, 3])) };
    const refused = assertFiniteWeights(model.layers, options as never);
    await assert.rejects(refused, (error: NonFiniteNetworkError) => {
      const { layer, weight, largestInput } = error.fault!;
      assert.deepEqual([layer, weight], ["block3_conv1", KERNEL]);
      assert.ok(largestInput! > 0 && Number.isFinite(largestInput));
      assert.match(error.message, /^Cannot use runs\/a: layer block3_conv1 is the first/);
      return true;
    });
    assert.equal(tf.memory().numTensors, numTensors);
    const bare = assertFiniteWeights(model.layers, { subject: "runs/a" });
    await assert.rejects(bare, /its weight block3_conv1\/kernel; train/);
  });

  test("findFault() is null for a sound network", async () => {
    const model = smallModel("resnet50");
    const x = tf.ones<tf.Rank.R4>([1, 32, 32, 3]);
    assert.equal(await findFault(model.layers, x), null);
  });

  for (const value of [NaN, Infinity, -Infinity]) {
    test(`findFault() lets no map be made by a network with ${value} in a weight of its score layer`, async () => {
      const model = await poisoned(value, "score_fr/kernel");
      const options = { normalize, flip: false };
      const rgb = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).fill(9) };
      const pixels = Int32Array.of(0, 5);
      const passes = [
        () => predictBatch(model, [image]),
        () => predict(model, rgb, options),
        () => predictProbabilities(model, image, { scales: [1, 2], flip: true }),
        () => predictPixels(model, image, { pixels, temperatures: [1, 2] }),
      ];
      for (const pass of passes) await assert.rejects(pass, NonFiniteNetworkError, String(pass));
    });
  }

  test("evaluate() refuses a weight that ReLU hides from the logits", async () => {
    const model = await poisoned();
    const dataset = await openDataset("fixtures", { split: "val" });
    await assert.rejects(
      evaluate(model, dataset, { normalize }),
      /Cannot use fcn8s-vgg16: layer block3_conv1 .* at inputs of at most/,
    );
  });

  test("saveSegmentationModel() writes nothing of it", async () => {
    const { classes } = await openDataset("fixtures", { split: "val" });
    const dir = join(folder(), "model");
    const refused = saveSegmentationModel(await poisoned(Infinity), dir, { classes, normalize });
    await assert.rejects(refused, /Cannot use fcn8s-vgg16 for saving: layer block3_conv1/);
    await assert.rejects(access(dir));
  });

  test("loadSegmentationModel() refuses such a file, of a network of one's own too", async () => {
    const layer = tf.layers.conv2d({ inputShape: [null, null, 3], filters: 1, kernelSize: 1 });
    const own = tf.sequential({ layers: [layer] });
    const classes = [{ name: "all", color: [0, 0, 0] as [number, number, number] }];
    const dir = join(folder(), "own");
    const model = fromLayersModel(own, { inputMultiple: 1 });
    // The check of what is saved, taken away: as another version may have written it
    const finite = Number.isFinite;
    Number.isFinite = () => true;
    try {
      own.setWeights([tf.fill([1, 1, 3, 1], NaN), tf.zeros([1])]);
      await saveSegmentationModel(model, dir, { classes, normalize });
    } finally {
      Number.isFinite = finite;
    }
    await assert.rejects(loadSegmentationModel(dir), /Cannot use .*own: layer conv2d_Conv2D\d+/);
  });
});
