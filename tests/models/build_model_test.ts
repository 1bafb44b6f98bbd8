import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildModel } from "../../lib/models/build_model.ts";
import { inspectModel } from "../../lib/models/inspect_model.ts";
import { networks } from "../../lib/models/networks/registry.ts";
import { weightsSha256 } from "../../lib/weights/hash.ts";
import { difference, disturb, onCpu, smallModel } from "../support/small_models.ts";

describe("buildModel()", () => {
  onCpu();

  for (const name of networks.names) {
    test(`buildModel() gives ${name} the weights that inspectModel lists`, () => {
      const before = tf.memory().numTensors;
      const model = smallModel(name);
      const { width } = model.architecture!;
      const report = inspectModel({ name, width }, { classes: 3, input: [32, 32] });
      const listed = report.layers.flatMap((layer) => layer.weights);
      const pair = (weight: { name: string; shape: unknown[] }) => `${weight.name} ${weight.shape}`;
      const built = model.layers.weights.map(({ originalName: name, shape }) =>
        pair({ name, shape })
      );
      assert.deepEqual(built.sort(), listed.map(pair).sort());
      assert.equal(model.layers.countParams(), report.parameters.total);
      model.layers.dispose();
      assert.equal(tf.memory().numTensors, before);
    });
  }

  test("buildModel() draws bit-identical weights for the same seed and others for another", async () => {
    const [a, b, c] = [1, 1, 2].map((seed) => smallModel("resnet50", { seed }));
    assert.equal(await weightsSha256(a!.layers), await weightsSha256(b!.layers));
    assert.notEqual(await weightsSha256(a!.layers), await weightsSha256(c!.layers));
    for (const model of [a, b, c]) model!.layers.dispose();
  });

  test("buildModel() leaves no tensor behind in training, step after step", () => {
    const model = smallModel("resnet50");
    const x = tf.ones([1, 32, 32, 3]);
    const run = () =>
      tf.dispose(model.layers.apply(x, { training: true, updateStatistics: true }) as tf.Tensor);
    run();
    const { numTensors } = tf.memory();
    run();
    assert.equal(tf.memory().numTensors, numTensors);
    model.layers.dispose();
    x.dispose();
  });

  test("buildModel() has a dropout that depends on seed and step alone, and is off in inference", async () => {
    const model = smallModel("fcn32s-vgg16", { dropout: 0.5 });
    disturb(model.layers);
    const x = tf.ones([1, 32, 32, 3]);
    const run = (dropout: { seed: number; step: number }, training = true) =>
      model.layers.apply(x, { training, dropout }) as tf.Tensor;
    const first = run({ seed: 1, step: 1 });
    assert.equal(await difference(first, run({ seed: 1, step: 1 })), 0);
    assert.ok(await difference(first, run({ seed: 1, step: 2 })) > 1e-3);
    assert.ok(await difference(first, run({ seed: 2, step: 1 })) > 1e-3);
    const plain = run({ seed: 1, step: 1 }, false);
    assert.equal(await difference(plain, run({ seed: 9, step: 9 }, false)), 0);
    model.layers.dispose();
  });

  test("buildModel() refuses an unknown name", () => {
    assert.throws(
      () => buildModel({ name: "fcn4s" }, { classes: 2, seed: 1 }),
      /"fcn4s": expected one of/,
    );
  });
});
