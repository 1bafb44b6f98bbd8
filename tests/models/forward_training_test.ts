import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { record } from "../../lib/engine/tape.ts";
import { buildModel } from "../../lib/models/build_model.ts";
import { forwardTraining } from "../../lib/models/forward_training.ts";
import { fromLayersModel } from "../../lib/models/from_layers_model.ts";
import { networks } from "../../lib/models/networks/registry.ts";
import type { SegmentationModel } from "../../lib/models/segmentation_model.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { normalTensor } from "../support/gradients.ts";

/** Pixels a side: enough for activations to outweigh the gradients of weights. */
const SIDE = 128;

function build(name: string): SegmentationModel {
  const config = { name, width: 1 / 16 };
  return buildModel(config, { classes: 3, seed: 1 });
}

/** Runs `f` and gives the most bytes that were held at a time, less those of before. */
function peakOf<T>(f: () => T): [result: T, bytes: number] {
  const engine = tf.engine();
  const inner = engine.runKernel.bind(engine);
  const before = tf.memory().numBytes;
  let most = 0;
  engine.runKernel = ((...args: Parameters<typeof inner>) => {
    const result = inner(...args);
    most = Math.max(most, tf.memory().numBytes);
    return result;
  }) as typeof inner;
  try {
    return [f(), most - before];
  } finally {
    engine.runKernel = inner;
  }
}

/** Logits, gradients and moving statistics of one pass, and the most bytes that it held. */
async function pass(name: string, gradientCheckpointing: boolean) {
  const model = build(name);
  const images = normalTensor("images", [2, SIDE, SIDE, 3]) as tf.Tensor4D;
  const weights = model.layers.trainableWeights.map((w) => w.read() as tf.Variable);
  const dy = normalTensor("dy", [2, SIDE / model.logitStride, SIDE / model.logitStride, 3]);
  const [{ forward, gradients }, peak] = peakOf(() => {
    const forward = record(() => forwardTraining(model, images, { gradientCheckpointing }));
    return { forward, gradients: forward.backward(dy, weights) };
  });
  const all = [forward.value, ...gradients, ...model.layers.weights.map((w) => w.read())];
  const values = await Promise.all(all.map(async (t) => await t!.data()));
  tf.dispose([images, dy, forward.value, ...gradients as tf.Tensor[]]);
  model.layers.dispose();
  return { values, peak };
}

describe("forwardTraining()", () => {
  before(async () => {
    await useBackend({ backend: "wasm", threads: 1 });
  });

  for (const name of ["fcn8s-vgg16", "fcn32s-vgg19", "resnet50"]) {
    test(`forwardTraining() of ${name} is bit-identical at a lower peak with gradientCheckpointing`, async () => {
      const { numTensors } = tf.memory();
      const [kept, again] = [await pass(name, false), await pass(name, true)];
      assert.deepEqual(again.values, kept.values);
      assert.ok(again.peak < 0.85 * kept.peak, `${again.peak} of ${kept.peak} bytes`);
      assert.equal(tf.memory().numTensors, numTensors);
    });
  }

  test("forwardTraining() knows the stages of every network none of whose maps skip to its end", () => {
    const images = tf.zeros<tf.Rank.R4>([1, 32, 32, 3]);
    assert.throws(
      () => forwardTraining(build("unet"), images, { gradientCheckpointing: true }),
      /Cannot checkpoint stages of "unet": it names none/,
    );
    const named = [...networks].filter(({ stages }) => stages.length > 0).map(({ name }) => name);
    assert.ok(named.length >= 9);
    for (const name of named) {
      const model = build(name);
      assert.equal(model.stages?.length, 2);
      const forward = record(() => forwardTraining(model, images, { gradientCheckpointing: true }));
      forward.dispose();
      forward.value.dispose();
      model.layers.dispose();
    }
  });

  test("forwardTraining() recomputes the stages that a user names, and refuses what is none", () => {
    const input = tf.input({ shape: [null, null, 3] });
    const conv = (name: string) =>
      tf.layers.conv2d({ name, filters: 3, kernelSize: 1, activation: "relu" });
    const first = conv("first").apply(input) as tf.SymbolicTensor;
    const second = conv("second").apply(first) as tf.SymbolicTensor;
    const sum = tf.layers.add({ name: "sum" }).apply([first, second]) as tf.SymbolicTensor;
    const own = tf.model({ inputs: input, outputs: conv("last").apply(sum) as tf.SymbolicTensor });
    const images = tf.ones<tf.Rank.R4>([1, 32, 32, 3]);
    const run = (...stages: string[]) => {
      const model = fromLayersModel(own, stages.length === 0 ? {} : { stages });
      return record(() => forwardTraining(model, images, { gradientCheckpointing: true })).value
        .shape;
    };
    assert.deepEqual(run("first"), [1, 32, 32, 3]);
    assert.deepEqual(run("sum"), [1, 32, 32, 3]);
    assert.throws(() => run("second"), /sum reads from within another stage/);
    assert.throws(() => run("sum", "first"), /no layer "first" behind/);
    assert.throws(() => run(), /names none; pass stages to fromLayersModel/);
  });
});
