import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { buildModel } from "../../lib/models/build_model.ts";
import { fitFoldedNorms } from "../../lib/models/fit_norms.ts";
import { freezeLayers } from "../../lib/models/frozen_layers.ts";
import type { SegmentationModel } from "../../lib/models/segmentation_model.ts";

before(async () => {
  await useBackend({ backend: "wasm", threads: 1 });
});

/** A network whose batch norms are the identity, as folded weights leave them. */
function network(): SegmentationModel {
  return buildModel({ name: "unet-mobilenetv2", width: 1 / 8 }, { classes: 3, seed: 1 });
}

function normsOf({ layers }: SegmentationModel): string[] {
  return layers.layers.map(({ name }) => name).filter((name) => /_bn\d*$/.test(name));
}

function pictures(seed: number, count = 2): tf.Tensor4D {
  return tf.randomUniform<tf.Rank.R4>([count, 64, 64, 3], -1, 1, "float32", seed);
}

async function difference(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  const [norm, of] = await Promise.all([tf.norm(tf.sub(a, b)).data(), tf.norm(a).data()]);
  return norm[0]! / of[0]!;
}

function run(model: SegmentationModel, images: tf.Tensor4D, training: boolean): tf.Tensor {
  return model.layers.apply(images, { training }) as tf.Tensor;
}

test("fitFoldedNorms() makes training compute what inference does, to 1e-4 on the same images", async () => {
  const model = network();
  const images = pictures(1, 4);
  const inference = run(model, images, false);
  assert.ok(await difference(inference, run(model, images, true)) > 0.5);
  const layers = normsOf(model);
  const batches = tf.split(images, 2) as tf.Tensor4D[];
  assert.equal(await fitFoldedNorms(model, { layers, images: batches }), layers.length);
  assert.ok(batches.every(({ isDisposed }) => isDisposed));
  assert.ok(await difference(inference, run(model, images, false)) < 1e-4);
  assert.ok(await difference(inference, run(model, images, true)) < 1e-4);
  // The statistics of the next run on these images are already the moving ones
  const variance = model.layers.weights.find(({ originalName }) =>
    originalName === "features0_bn/moving_variance"
  )!;
  const before = await variance.read().data();
  model.layers.apply(images, { training: true, updateStatistics: true });
  assert.ok(await difference(tf.tensor(before), variance.read()) < 1e-5);
  model.layers.dispose();
});

test("fitFoldedNorms() holds memory, leaves frozen layers alone and needs images", async () => {
  const model = network();
  const layers = normsOf(model);
  await fitFoldedNorms(model, { layers, images: [pictures(1)] });
  const { numTensors } = tf.memory();
  await fitFoldedNorms(model, { layers, images: [pictures(2), pictures(3)] });
  assert.equal(tf.memory().numTensors, numTensors);
  await assert.rejects(fitFoldedNorms(model, { layers, images: [] }), /there are no images/);
  freezeLayers(model, "backbone");
  const backbone = layers.filter((name) => name.startsWith("features"));
  assert.equal(await fitFoldedNorms(model, { layers: backbone, images: [] }), 0);
  model.layers.dispose();
});
