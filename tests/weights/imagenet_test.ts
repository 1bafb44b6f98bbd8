/** Real ImageNet weights: activations and prediction as PyTorch has them from the same file. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { decodeImage } from "../../lib/data/codecs/decode.ts";
import { normalizeInto } from "../../lib/data/transforms/network_input.ts";
import { buildModel } from "../../lib/models/build_model.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { initializeFrom } from "../../lib/models/persistence/initialize.ts";
import { openWeightFile } from "../../lib/weights/formats/open_weight_file.ts";
import { sharedPath, skipWithout } from "../support/shared_data.ts";

const folder = "data/weights";

interface Expected {
  stages: Record<string, { shape: number[]; mean: number; std: number; sample: number[] }>;
  top5: [index: number, probability: number][];
}

/** A file, and what it gives. */
interface Published {
  file: string;
  /** Our layers at the ends of PyTorch's stages. */
  layers: Record<string, string>;
  /** The file's own head. */
  head: string;
  /** Weights that it gives a backbone. */
  copied: number;
}

const RESNET: Published = {
  file: "resnet50-u8",
  layers: {
    stem_before_pool: "conv1_bn",
    layer1: "conv2_block3_out",
    layer2: "conv3_block4_out",
    layer3: "conv4_block6_out",
    layer4: "conv5_block3_out",
  },
  head: "fc",
  copied: 265,
};

/** Batch norm is folded into the convolutions there: 52 kernels and as many biases. */
const MOBILENET: Published = {
  file: "mobilenet_v2-i8",
  layers: {
    "features.3": "features3_add",
    "features.6": "features6_add",
    "features.13": "features13_add",
    "features.17": "features17_project_bn",
    "features.18": "features18_bn",
  },
  head: "classifier.1",
  copied: 104,
};

/** Class probabilities by the file's own head: mean over the map, then a linear layer. */
async function classify(
  map: Float32Array,
  { channels, file, head }: { channels: number; file: string; head: string },
): Promise<number[]> {
  const pooled = new Float64Array(channels);
  map.forEach((value, i) => pooled[i % channels]! += value * channels / map.length);
  const weights = await openWeightFile(file);
  const [kernel, bias] = [
    await weights.read(`${head}.weight`),
    await weights.read(`${head}.bias`),
  ];
  await weights.close();
  const logits = [...bias].map((b, o) =>
    pooled.reduce((sum, value, i) => sum + value * kernel[o * channels + i]!, b)
  );
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const total = exponentials.reduce((a, b) => a + b);
  return exponentials.map((e) => e / total);
}

/** Networks with this backbone, and the options that the file asks for. */
const NETWORKS: Record<string, [options: Record<string, string>, published: Published]> = {
  resnet50: [{ variant: "v1.5", stemPool: "same" }, RESNET],
  "unet-resnet50": [{ stemPool: "same" }, RESNET],
  "unet-mobilenetv2": [{ stridePadding: "same" }, MOBILENET],
};

for (const [name, [options, published]] of Object.entries(NETWORKS)) {
  const title = `initializeFrom() gives ${name} ImageNet's weights: stages as PyTorch's, a tabby`;
  test(title, { skip: skipWithout(folder) }, () => compare(name, options, published));
}

async function compare(
  network: string,
  options: Record<string, string>,
  published: Published,
): Promise<void> {
  const { layers, head, copied } = published;
  const file = sharedPath(`${folder}/${published.file}.safetensors`);
  await useBackend({ backend: "wasm", threads: 1 });
  const model = buildModel({ ...options, name: network }, { classes: 2, seed: 1 });
  const report = await initializeFrom(model, file);
  assert.equal(report.copied, copied);
  assert.deepEqual(report.left.toSorted(), [`${head}.bias`, `${head}.weight`]);
  const { normalize } = report.input!;
  assert.deepEqual(report.input!.options, options);

  const photo = sharedPath(`${folder}/check/kitten_224.png`);
  const { data } = await decodeImage(new Uint8Array(await readFile(photo)), { file: photo });
  const pixels = new Float32Array(data.length);
  normalizeInto(data, pixels, normalize);
  const expected: Expected = JSON.parse(
    await readFile(sharedPath(`${folder}/check/expected.json`), "utf8"),
  )[published.file];
  const outputs = Object.values(layers).map((name) =>
    model.layers.getLayer(name).output as tf.SymbolicTensor
  );
  const stages = tf.model({ inputs: model.layers.inputs, outputs });
  const maps = stages.predict(tf.tensor4d(pixels, [1, 224, 224, 3])) as tf.Tensor4D[];
  for (const [i, name] of Object.keys(layers).entries()) {
    const [, h, w, c] = maps[i]!.shape;
    const { shape, mean, std, sample } = expected.stages[name]!;
    assert.deepEqual([c, h, w], shape);
    const values = await maps[i]!.data() as Float32Array;
    // Float32 in another order of summation, 53 layers deep, against the stage's own scale
    const slack = 1e-4 * Math.max(1, std);
    const near = (a: number, b: number): void =>
      assert.ok(Math.abs(a - b) < slack, `${name}: ${a}, not ${b}`);
    const average = values.reduce((a, b) => a + b, 0) / values.length;
    near(average, mean);
    near(Math.sqrt(values.reduce((sum, v) => sum + (v - average) ** 2, 0) / values.length), std);
    const centre = ((h >> 1) * w + (w >> 1)) * c;
    sample.forEach((value, j) => near(values[centre + j]!, value));
  }

  const last = maps.at(-1)!;
  const channels = last.shape[3];
  const probabilities = await classify(await last.data() as Float32Array, { channels, file, head });
  // Of 1001 rows the first is "background"
  const first = probabilities.length - 1000;
  const classes = probabilities.map((p, row) => [row - first, p] as const).sort((a, b) =>
    b[1] - a[1]
  );
  for (const [i, [index, probability]] of expected.top5.entries()) {
    assert.equal(classes[i]![0], index);
    assert.ok(Math.abs(classes[i]![1] - probability) < 1e-4);
  }
  assert.equal(classes[0]![0], 281);
}
