/** Networks that start from files of every origin give what PyTorch gives. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { buildModel } from "../../lib/models/build_model.ts";
import type { SegmentationModel } from "../../lib/models/segmentation_model.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { initializeFrom } from "../../lib/models/persistence/initialize.ts";
import {
  type TensorSource,
  writeSafetensors,
} from "../../lib/weights/formats/write_safetensors.ts";
import { uniform } from "../support/golden_numbers.ts";
import { expectedOf, fixture } from "../support/weight_fixtures.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

before(async () => {
  await useBackend({ backend: "wasm", threads: 1 });
});

/** All layers with four channels, as the fixtures. */
const width = 1 / 1024;

function network(name: string, variant: "v1" | "v1.5" = "v1"): SegmentationModel {
  const config = name.startsWith("resnet") ? { name, width, variant } : { name, width };
  return buildModel(config, { classes: 2, seed: 5 });
}

/** The network that a fixture is of: its name begins with the backbone's. */
function networkOf(fixture: string, variant?: "v1" | "v1.5"): SegmentationModel {
  const backbone = /^[a-z]+\d+/.exec(fixture)![0];
  return network(backbone.startsWith("vgg") ? `fcn8s-${backbone}` : backbone, variant);
}

function outputOf(
  model: SegmentationModel,
  options: { layer: string; side: number },
): tf.Tensor4D {
  const { layer, side } = options;
  const outputs = model.layers.getLayer(layer).output as tf.SymbolicTensor;
  const part = tf.model({ inputs: model.layers.inputs, outputs });
  const image = uniform("image", side * side * 3).map((value) => 2 * value);
  const x = tf.tensor4d(Float32Array.from(image), [1, side, side, 3]);
  return part.predict(x) as tf.Tensor4D;
}

/** Relative to the largest value: float32 rounds sums of about 200 products some 53 layers deep. */
function assertNear(values: ArrayLike<number>, expected: number[]): void {
  const scale = Math.max(...expected);
  assert.ok(scale > 0.1);
  assert.equal(values.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(values[i]! - value) < 2e-5 * scale, `${i}: ${values[i]} for ${value}`);
  });
}

for (
  const [name, origin, order, weights] of [
    ["vgg16.pth", "torchvision", "rgb", 30],
    ["vgg16.h5.gz", "Keras", "bgr", 30],
    ["vgg16.npz", "NumPy (Caffe's names)", "rgb", 30],
    ["vgg19.timm.pth.gz", "torchvision", "rgb", 36],
    ["vgg19.h5.gz", "Keras", "bgr", 36],
  ] as const
) {
  test(`initializeFrom() turns the classifier of ${name} into convolutions`, async () => {
    const model = networkOf(name);
    const report = await initializeFrom(model, await fixture(temporaryFolder(), name));
    assert.equal(report.origin, origin);
    assert.equal(report.copied, weights);
    assert.equal(report.input?.normalize.order, order);
    assert.equal(report.left.length, 2); // the 1000-class head, weight and bias
    assert.deepEqual(report.warnings, []);
    // Where fc6's window is all of pool5, the convolution is the classifier
    const map = outputOf(model, { layer: "fc7", side: 224 });
    const centre = tf.slice(map, [0, 3, 3, 0], [1, 1, 1, -1]);
    assertNear(await centre.data(), await expectedOf(name));
  });
}

for (
  const [name, origin, variant, zeros] of [
    ["resnet50.pth.gz", "torchvision", "v1.5", 53],
    ["resnet50.h5.gz", "Keras", "v1", 0],
  ] as const
) {
  test(`initializeFrom() reads ${name}, batch norm included`, async () => {
    const model = networkOf(name, variant);
    const report = await initializeFrom(model, await fixture(temporaryFolder(), name));
    assert.equal(report.origin, origin);
    assert.equal(report.input?.options.variant, variant);
    assert.equal(report.zero.length, zeros);
    assert.equal(report.copied + zeros, model.layers.weights.length - 2);
    assert.deepEqual(report.fresh, ["score/kernel", "score/bias"]);
    const map = outputOf(model, { layer: "conv5_block3_out", side: 64 });
    assertNear(await map.data(), await expectedOf(name));
  });
}

test("initializeFrom() reads unet.pth.gz, up-convolutions and head included", async () => {
  const model = buildModel({ name: "unet", width: 1 / 64 }, { classes: 3, seed: 5 });
  const file = await fixture(temporaryFolder(), "unet.pth.gz");
  const report = await initializeFrom(model, file);
  assert.equal(report.origin, "Pytorch-UNet");
  assert.equal(report.copied, model.layers.weights.length);
  assert.deepEqual(report.warnings, []);
  const logits = await outputOf(model, { layer: "score", side: 32 }).data();
  assertNear(logits.filter((_, i) => i % 29 === 0), await expectedOf("unet.pth.gz"));
});

/** A ResNet under torchvision's names, by the formula of tasks/make_weight_fixtures.py. */
async function writeResnet(stages: readonly number[]): Promise<string> {
  const tensors: TensorSource[] = [];
  const add = (name: string, formula: string, shape: number[]): void => {
    const size = shape.reduce((a, b) => a * b);
    const scale = Math.sqrt(6 * shape[0]! / size);
    const value = shape.length > 1
      ? (u: number) => u * scale
      : /(gamma|variance)$/.test(formula)
      ? (u: number) => 1 + u / 4
      : (u: number) => u / 4;
    const values = uniform(`torch/${formula}`, size).map(value);
    tensors.push({ name, dtype: "F32", shape, read: () => values });
  };
  const layer = (names: [conv: string, norm: string, own: string], shape: number[]): void => {
    const [conv, norm, own] = names;
    add(`${conv}.weight`, `${own}_conv/kernel`, shape);
    add(`${norm}.weight`, `${own}_bn/gamma`, [shape[0]!]);
    add(`${norm}.bias`, `${own}_bn/beta`, [shape[0]!]);
    add(`${norm}.running_mean`, `${own}_bn/moving_mean`, [shape[0]!]);
    add(`${norm}.running_var`, `${own}_bn/moving_variance`, [shape[0]!]);
  };
  layer(["conv1", "bn1", "conv1"], [4, 3, 7, 7]);
  let channels = 4;
  stages.forEach((blocks, stage) => {
    for (let block = 0; block < blocks; block++) {
      const torch = `layer${stage + 1}.${block}`;
      const own = `conv${stage + 2}_block${block + 1}`;
      const down = `${torch}.downsample`;
      if (block === 0) layer([`${down}.0`, `${down}.1`, `${own}_0`], [16, channels, 1, 1]);
      const shapes = [[4, channels, 1, 1], [4, 4, 3, 3], [16, 4, 1, 1]];
      for (const [i, shape] of shapes.entries()) {
        layer([`${torch}.conv${i + 1}`, `${torch}.bn${i + 1}`, `${own}_${i + 1}`], shape);
      }
      channels = 16;
    }
  });
  const path = join(temporaryFolder(), "resnet.safetensors");
  await writeSafetensors(path, tensors);
  return path;
}

for (
  const [name, stages] of [["resnet101", [3, 4, 23, 3]], ["resnet152", [3, 8, 36, 3]]] as const
) {
  test(`initializeFrom() reads a ${name} of torchvision's names to the last block`, async () => {
    const model = network(name, "v1.5");
    const report = await initializeFrom(model, await writeResnet(stages));
    assert.equal(report.origin, "torchvision");
    assert.deepEqual(report.left, []);
    assert.equal(report.copied + report.zero.length, model.layers.weights.length - 2);
    const map = outputOf(model, { layer: "conv5_block3_out", side: 64 });
    assertNear(await map.data(), await expectedOf(`${name}.safetensors`));
  });
}

test("initializeFrom() names the architecture that a file is not", async () => {
  const path = await fixture(temporaryFolder(), "vgg16.pth");
  await assert.rejects(initializeFrom(network("resnet50"), path), /none of its 32 tensors \(feat/);
  await assert.rejects(initializeFrom(network("fcn8s-vgg19"), path), /missing: block3_conv\d/);
});
