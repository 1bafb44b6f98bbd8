import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LayerBuilder } from "../../../lib/models/builders/layer_builder.ts";
import { projectConcat } from "../../../lib/models/builders/projection.ts";
import { tfjsBuilder } from "../../../lib/models/builders/tfjs_builder.ts";
import { trainingBuilder } from "../../../lib/models/builders/training_builder.ts";
import { seededWeights } from "../../../lib/models/builders/weight_source.ts";
import { shapeBuilder } from "../../../lib/models/builders/shape_builder.ts";
import { normalTensor } from "../../support/gradients.ts";
import { difference, onCpu } from "../../support/small_models.ts";

const OPTIONS = { name: "a", filters: 5, init: { kind: "heNormal" } } as const;

describe("projectConcat()", () => {
  onCpu();
  const values = [normalTensor("coarse", [2, 2, 3, 4]), normalTensor("fine", [2, 8, 12, 6])];

  test("projectConcat() of maps convolved before they are enlarged equals the concatenation", async () => {
    const build = (builder: LayerBuilder<tf.SymbolicTensor>): tf.LayersModel => {
      const inputs = values.map(({ shape }) => tf.input({ shape: [null, null, shape[3]!] }));
      const parts = inputs.map((x, i) => ({ x, factor: i === 0 ? 4 : 1 }));
      return tf.model({ inputs, outputs: projectConcat(builder, parts, OPTIONS) });
    };
    const source = seededWeights(1);
    const [plain, fused] = [tfjsBuilder(source), trainingBuilder(source)].map(build);
    const names = (model: tf.LayersModel) => model.weights.map((weight) => weight.originalName);
    assert.deepEqual(names(fused!), ["a/kernel"]);
    assert.deepEqual(names(fused!), names(plain!));
    assert.deepEqual(fused!.outputs[0]!.shape, [null, null, null, 5]);
    const [a, b] = [plain!, fused!].map((model) => model.predict(values) as tf.Tensor);
    assert.ok(await difference(a!, b!) < 1e-5);
  });

  test("projectConcat() has the rows of an enlargement, a concatenation and a convolution", () => {
    const { builder, rows } = shapeBuilder({ height: 8, width: 8 });
    const parts = [4, 1].map((factor) => ({
      x: { height: 8 / factor, width: 8 / factor, channels: 3 },
      factor,
    }));
    const { channels } = projectConcat(builder, parts, OPTIONS);
    assert.equal(channels, 5);
    assert.deepEqual(rows.map(({ name }) => name), ["a_up1", "a_concat", "a"]);
  });
});
