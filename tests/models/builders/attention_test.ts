import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type AttentionLayers,
  attentionShape,
  attentionTfjs,
  attentionTraining,
} from "../../../lib/models/builders/attention.ts";
import { ShapeTable } from "../../../lib/models/builders/shape_table.ts";
import { normalTensor } from "../../support/gradients.ts";
import { difference, onCpu } from "../../support/small_models.ts";

const CHANNELS = 6;

describe("attentionTfjs() and attentionTraining()", () => {
  onCpu();

  for (const heads of [1, 3]) {
    test(`attentionTfjs() and attentionTraining() agree with ${heads} heads`, async () => {
      const shapes = { q: [4, 5], k: [2, 3], v: [2, 3] } as const;
      const names = ["q", "k", "v"] as const;
      const values = names.map((name) => normalTensor(name, [2, ...shapes[name], CHANNELS]));
      const run = (layers: AttentionLayers<tf.SymbolicTensor>): tf.Tensor => {
        const [q, k, v] = names.map((name) => tf.input({ shape: [...shapes[name], CHANNELS] }));
        const inputs = { q: q!, k: k!, v: v! };
        const outputs = layers.attention(inputs, { name: "a", heads });
        return tf.model({ inputs: Object.values(inputs), outputs }).predict(values) as tf.Tensor;
      };
      const exported = run(attentionTfjs());
      assert.deepEqual(exported.shape, [2, 4, 5, CHANNELS]);
      assert.ok(await difference(exported, run(attentionTraining())) < 1e-5);
    });
  }

  test("attentionShape() keeps the size of q", () => {
    const table = new ShapeTable({ height: 8, width: 8 });
    const [q, k] = [[8, 4], [2, 1]].map(([height, width]) => ({
      height: height!,
      width: width!,
      channels: 4,
    }));
    const y = attentionShape(table).attention({ q: q!, k: k!, v: k! }, { name: "a", heads: 2 });
    assert.deepEqual(y, q);
    assert.equal(table.rows[0]!.kind, "attention to 2×1, heads 2");
  });
});
