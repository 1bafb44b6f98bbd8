import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type ConvOptions,
  shapeConvolutions,
  tfjsConvolutions,
  trainingConvolutions,
} from "../../../lib/models/builders/convolutions.ts";
import { ShapeTable } from "../../../lib/models/builders/shape_table.ts";
import { seededWeights } from "../../../lib/models/builders/weight_source.ts";
import { normalTensor } from "../../support/gradients.ts";
import { difference, onCpu } from "../../support/small_models.ts";

const CONV = { name: "a", filters: 4, kernel: 3 };
const CASES: Record<string, ConvOptions> = {
  "conv 3×3": CONV,
  "conv 3×3 /2": { ...CONV, stride: 2, padding: 1, bias: false },
  "conv 7×7 /2 + ReLU": { ...CONV, kernel: 7, stride: 2, padding: 3, relu: true },
  "conv 3×3 dilation 2": { ...CONV, padding: 2, dilation: 2 },
  "conv 3×3 dilation 3 + leaky ReLU 0.2": { ...CONV, dilation: 3, relu: true, leak: 0.2 },
  "conv 3×3 dilation 36": { ...CONV, padding: 36, dilation: 36, bias: false },
  "conv 1×1": { ...CONV, kernel: 1, padding: 0 },
};

describe("tfjsConvolutions(), trainingConvolutions() and shapeConvolutions()", () => {
  onCpu();

  for (const [kind, options] of Object.entries(CASES)) {
    for (const [height, width] of [[9, 8], [10, 7]] as const) {
      test(`trainingConvolutions() and the others agree on ${kind} of ${height}×${width}`, async () => {
        const x = normalTensor("x", [2, height, width, 5]);
        const run = (layers: { conv: ReturnType<typeof tfjsConvolutions>["conv"] }): tf.Tensor => {
          const input = tf.input({ shape: [null, null, 5] });
          const outputs = layers.conv(input, options);
          return tf.model({ inputs: input, outputs }).predict(x) as tf.Tensor;
        };
        const exported = run(tfjsConvolutions(seededWeights(1)));
        const trained = run(trainingConvolutions(seededWeights(1)));
        assert.ok(await difference(exported, trained) < 1e-5);
        const table = new ShapeTable({ height, width });
        const shape = shapeConvolutions(table).conv({ height, width, channels: 5 }, options);
        assert.deepEqual([2, shape.height, shape.width, shape.channels], exported.shape);
        const [row] = table.rows;
        assert.equal(row!.kind, kind);
        const names = row!.weights.map(({ name }) => name);
        assert.deepEqual(names, options.bias === false ? ["a/kernel"] : ["a/kernel", "a/bias"]);
      });
    }
  }

  test("trainingConvolutions() knows the shape of its output where the input's is known", () => {
    const { conv } = trainingConvolutions(seededWeights(1));
    const shapeOf = (options: ConvOptions) => conv(tf.input({ shape: [9, 8, 5] }), options).shape;
    assert.deepEqual(shapeOf({ ...CONV, stride: 2, padding: 1 }), [null, 5, 4, 4]);
    assert.deepEqual(shapeOf({ ...CONV, dilation: 2, padding: "valid" }), [null, 5, 4, 4]);
    assert.deepEqual(shapeOf({ ...CONV, dilation: 2, padding: 2 }), [null, 9, 8, 4]);
  });
});
