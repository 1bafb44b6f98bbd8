import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LayerBuilder } from "../../../lib/models/builders/layer_builder.ts";
import { assemble, tfjsBuilder } from "../../../lib/models/builders/tfjs_builder.ts";
import { seededWeights } from "../../../lib/models/builders/weight_source.ts";
import { trainingBuilder } from "../../../lib/models/builders/training_builder.ts";
import { dcgan } from "../../../lib/models/discriminators/dcgan.ts";
import { parseDiscriminator } from "../../../lib/models/discriminators/registry.ts";
import { difference, onCpu } from "../../support/small_models.ts";

describe("dcgan()", () => {
  onCpu();

  test("dcgan() is the same in tfjs layers", async () => {
    const network = parseDiscriminator({ classes: 3, width: 1 / 16, initStd: 0.3 });
    const build = (builder: LayerBuilder<tf.SymbolicTensor>): tf.LayersModel =>
      assemble({ name: "d", builder }, (builder) => dcgan.build(builder, network));
    const own = build(trainingBuilder(seededWeights(1)));
    const plain = build(tfjsBuilder(seededWeights(1)));
    const maps = tf.randomNormal<tf.Rank.R4>([2, 64, 64, 3], 0, 1, "float32", 1);
    for (const training of [false, true]) {
      const run = (model: tf.LayersModel) => model.apply(maps, { training }) as tf.Tensor;
      const [a, b] = [run(own), run(plain)];
      assert.ok((await tf.max(tf.abs(b)).data())[0]! > 0.01);
      assert.ok(await difference(a, b) < 1e-4, `training: ${training}`);
    }
    const names = plain.layers.map(({ name }) => name);
    assert.deepEqual(names.slice(1, 6), [
      "d_conv1",
      "d_conv1_relu",
      "d_conv2",
      "d_bn2",
      "d_bn2_relu",
    ]);
  });

  test("dcgan() has a logit for 32 pixels, or for 16", () => {
    const strideOf = (lastStride: number) =>
      dcgan.headOf(parseDiscriminator({ classes: 3, lastStride })).stride;
    assert.deepEqual([strideOf(2), strideOf(1)], [32, 16]);
  });
});
