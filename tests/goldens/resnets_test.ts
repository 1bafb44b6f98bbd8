/**
 * Networks on PyTorch's ResNets against torchvision (tasks/goldens/resnets.py): weights through a file under
 * the library's own names, logits, and all weights after one training step.
 */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { configSchema } from "../../lib/config/schema.ts";
import { initializeFrom } from "../../lib/models/persistence/initialize.ts";
import { networks } from "../../lib/models/networks/registry.ts";
import type { SegmentationModel } from "../../lib/models/segmentation_model.ts";
import { createNetworks, disposeNetworks } from "../../lib/train/step/networks.ts";
import { trainStep } from "../../lib/train/step/train_step.ts";
import {
  type TensorSource,
  writeSafetensors,
} from "../../lib/weights/formats/write_safetensors.ts";
import goldens from "../../fixtures/goldens/resnets.json" with { type: "json" };
import { batchOf, decode, places, uniform } from "../support/golden_numbers.ts";
import { longSkip } from "../support/long_test.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { backends, useDuring } from "./_backends.ts";

interface Case {
  name: string;
  width: number;
  size: number[];
  classes: number;
  options: Record<string, unknown>;
  shapes: Record<string, number[]>;
  logits: string;
  count: number;
  loss?: number;
  step?: string;
  weights?: Record<string, string>;
}

/** Float32 through up to 60 layers against double precision. */
const TOLERANCE = 1e-4;
/** Changes since the start, against their own size and that of the weight. */
const CHANGE_TOLERANCE = 2e-3;
const CHANGE_ROUNDING = 3e-5;

const newFolder = temporaryFolders();

for (const { name: backend, skip } of backends) {
  const left = skip || (backend === "webgpu" && longSkip);
  describe(`networks on ResNets on ${backend} equal PyTorch's`, { skip: left }, () => {
    const checked = useDuring(backend);
    for (const golden of goldens.cases as unknown as Case[]) {
      const long = backend === "cpu" && longSkip;
      test(
        `trainStep() and logits of ${golden.name}`,
        { skip: long },
        checked(() => compare(golden)),
      );
    }
  });
}

async function compare(golden: Case): Promise<void> {
  const config = configSchema().parse({
    model: {
      name: golden.name,
      width: golden.width,
      ...golden.options,
    },
    loss: { auxWeight: goldens.auxWeight },
    optimizer: { lr: goldens.lr, momentum: 0, weightDecay: 0 },
    adversarial: { enabled: false },
  });
  const trained = createNetworks(config, { classes: golden.classes });
  const { model } = trained.segmentation;
  const path = join(newFolder(), "state.safetensors");
  const states = Object.entries(golden.shapes).map(([name, shape]): TensorSource => {
    return { name, dtype: "F32", shape, read: () => initial(name, shape) };
  });
  await writeSafetensors(path, states);
  const report = await initializeFrom(model, path);
  assert.deepEqual([report.fresh, report.zero], [[], []]);
  const { batch, labels, images } = batchTensors(golden);
  const logits = model.layers.predict(images) as tf.Tensor4D;
  const values = await logits.data() as Float32Array;
  const [largest, norm, ...samples] = decode(golden.logits);
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  assertNear(length, norm!, { slack: TOLERANCE * norm!, what: "norm of the logits" });
  for (const [i, at] of places(golden.name, { count: 32, size: golden.count }).entries()) {
    assertNear(values[at]!, samples[i]!, { slack: TOLERANCE * largest!, what: `logit ${at}` });
  }
  if (golden.weights !== undefined) {
    const losses = trainStep(trained, batch, {
      rates: { segmentation: goldens.lr, discriminator: 0 },
    });
    const [loss] = await losses["loss/seg"]!.data();
    assertNear(loss!, golden.loss!, { slack: TOLERANCE * golden.loss!, what: "loss" });
    tf.dispose(losses);
    await compareWeights(model, golden.weights);
  }
  disposeNetworks(trained, { keepModel: false });
  tf.dispose([images, labels, logits]);
}

function batchTensors({ name, size, classes }: Case) {
  const [count, height, width] = size as [number, number, number];
  const numbers = batchOf(name, { batch: count, height, width, classes });
  const images = tf.tensor4d(numbers.images, [count, height, width, 3]);
  const labels = tf.tensor3d(numbers.labels, [count, height, width], "int32");
  const valid = numbers.labels.filter((label) => label !== 255).length;
  return { images, labels, batch: { images, labels, valid } };
}

/** `values` of the Python program. */
function initial(name: string, shape: number[]): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  if (name.endsWith("num_batches_tracked")) return new Float32Array(size);
  const u = uniform(name, size);
  if (shape.length === 4) {
    const fanIn = shape.slice(1).reduce((product, length) => product * length, 1);
    const scale = 2 ** Math.floor(Math.log2(Math.sqrt(6 / fanIn)) + 0.6);
    return u.map((x) => x * scale / (shape[0] === 3 ? 8 : 1));
  }
  if (name.endsWith("running_var") || name.endsWith("weight")) {
    const isLast = name.includes(".bn3.") || name.includes(".bn2.") && name.includes("layer");
    return u.map((x) => (1 + x / 4) / (isLast ? 8 : 1));
  }
  return u.map((x) => x / 8);
}

/** Holds each weight, in PyTorch's layout, against its summary. */
async function compareWeights(
  model: SegmentationModel,
  summaries: Record<string, string>,
): Promise<void> {
  const [map] = networks.get(model.name).nameMaps;
  const compared = new Set<string>();
  for (const weight of model.layers.weights) {
    const [place] = map!.places(weight.originalName).places;
    const name = Object.keys(summaries).find((key) => map!.aliases(key).includes(place!.name));
    if (name === undefined) {
      assert.match(weight.originalName, /moving_variance$/);
      continue;
    }
    compared.add(name);
    const values = tf.tidy(() => {
      const value = weight.read();
      const order = { oihw: [3, 2, 0, 1], depthwise: [2, 3, 0, 1] }[place!.layout as string];
      return order === undefined ? value.clone() : tf.transpose(value, order);
    });
    const shape = values.shape;
    const now = await values.data() as Float32Array;
    values.dispose();
    const before = initial(name, shape);
    const direction = uniform(`${name}/direction`, now.length);
    let [most, squares, projection] = [0, 0, 0];
    now.forEach((value, i) => {
      most = Math.max(most, Math.abs(value));
      squares += (value - before[i]!) ** 2;
      projection += (value - before[i]!) * direction[i]!;
    });
    const [largest, norm, product] = decode(summaries[name]!) as unknown as [
      number,
      number,
      number,
    ];
    const slack = CHANGE_TOLERANCE * norm + CHANGE_ROUNDING * largest * Math.sqrt(now.length);
    assertNear(most, largest, { slack: TOLERANCE * largest, what: name });
    assertNear(Math.sqrt(squares), norm, { slack, what: `change of ${name}` });
    assertNear(projection, product, { slack, what: `direction of ${name}` });
  }
  assert.equal(compared.size, Object.keys(summaries).length);
}

function assertNear(
  actual: number,
  expected: number,
  { slack, what }: { slack: number; what: string },
): void {
  assert.ok(
    Math.abs(actual - expected) <= slack,
    `${what}: ${actual} instead of ${expected} (± ${slack.toPrecision(2)})`,
  );
}
