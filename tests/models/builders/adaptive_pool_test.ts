import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type AdaptivePoolLayers,
  adaptivePoolShape,
  adaptivePoolTfjs,
  adaptivePoolTraining,
} from "../../../lib/models/builders/adaptive_pool.ts";
import { ShapeTable } from "../../../lib/models/builders/shape_table.ts";
import { normalTensor } from "../../support/gradients.ts";
import { difference, onCpu } from "../../support/small_models.ts";

describe("adaptivePoolTfjs() and the others", () => {
  onCpu();

  for (const bins of [1, 3, 6]) {
    test(`adaptivePoolTfjs() and the others agree on ${bins} windows an axis`, async () => {
      const x = normalTensor("x", [2, 4, 5, 3]);
      const run = (layers: AdaptivePoolLayers<tf.SymbolicTensor>): tf.Tensor => {
        const inputs = tf.input({ shape: [4, 5, 3] });
        const outputs = layers.adaptiveAveragePool(inputs, { name: "a", bins });
        return tf.model({ inputs, outputs }).predict(x) as tf.Tensor;
      };
      const exported = run(adaptivePoolTfjs());
      assert.ok(await difference(exported, run(adaptivePoolTraining())) < 1e-6);
      const table = new ShapeTable({ height: 4, width: 5 });
      const { height, width, channels } = adaptivePoolShape(table)
        .adaptiveAveragePool({ height: 4, width: 5, channels: 3 }, { name: "a", bins });
      assert.deepEqual([2, height, width, channels], exported.shape);
    });
  }
});
