import assert from "node:assert/strict";
import { test } from "node:test";
import { type LayerBuilder, scaledChannels } from "../../../lib/models/builders/layer_builder.ts";
import { shapeBuilder } from "../../../lib/models/builders/shape_builder.ts";
import { tfjsBuilder } from "../../../lib/models/builders/tfjs_builder.ts";
import { seededWeights } from "../../../lib/models/builders/weight_source.ts";
import { trainingBuilder } from "../../../lib/models/builders/training_builder.ts";

/** Builds a layer that no builder implements yet. */
type Case = <T>(builder: LayerBuilder<T>, x: T) => T;

const CASES: Record<string, Case> = {
  depthwiseConv: (builder, x) => builder.depthwiseConv(x, { name: "a", kernel: 3 }),
  multiply: (builder, x) => builder.multiply([x, x], { name: "a" }),
  globalAveragePool: (builder, x) => builder.globalAveragePool(x, { name: "a" }),
  "activation swish": (builder, x) => builder.activation(x, { name: "a", activation: "swish" }),
};

test("LayerBuilder.depthwiseConv() and others refuse what is not implemented, in all builders", () => {
  const source = seededWeights(1);
  for (const [what, build] of Object.entries(CASES)) {
    const message = new RegExp(
      `Cannot build layer a: the \\w+ builder has no ${what} yet; implement`,
    );
    const refused = <T>(builder: LayerBuilder<T>): void =>
      assert.throws(() => build(builder, builder.input(3)), message);
    refused(shapeBuilder({ height: 8, width: 8 }).builder);
    refused(tfjsBuilder(source));
    refused(trainingBuilder(source));
  }
});

test("scaledChannels() rounds, and keeps at least 4", () => {
  assert.deepEqual([64, 65, 8].map((channels) => scaledChannels(channels, 0.25)), [16, 16, 4]);
});
