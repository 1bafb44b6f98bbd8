import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ActivationName } from "../../../lib/engine/ops/activations.ts";
import { shapeBuilder } from "../../../lib/models/builders/shape_builder.ts";
import { onCpu } from "../../support/small_models.ts";
import { assertBuildersAgree, type BuildLayer } from "../../support/three_builders.ts";

const ACTIVATIONS: ActivationName[] = [
  "relu",
  "relu6",
  "sigmoid",
  "hardSigmoid",
  "hardSwish",
  "swish",
  "gelu",
];

const CASES: Record<string, BuildLayer> = {
  ...Object.fromEntries(
    ACTIVATIONS.map((activation): [string, BuildLayer] => [
      activation,
      (builder, x) => builder.activation(x, { name: "a", activation }),
    ]),
  ),
  "add": (builder, x) => builder.add([x, x], { name: "a" }),
  "multiply": (builder, x) => builder.multiply([x, x], { name: "a" }),
  "multiply by one pixel": (builder, x) =>
    builder.multiply([x, builder.globalAveragePool(x, { name: "pool" })], { name: "a" }),
  "scale": (builder, x) => builder.scale(x, { name: "a", factor: 3 }),
  "dropout": (builder, x) => builder.dropout(x, { name: "a", rate: 0.5 }),
  "softmax": (builder, x) => builder.softmax(x, { name: "a" }),
};

describe("elementwiseShape(), elementwiseTfjs() and elementwiseTraining()", () => {
  onCpu();

  for (const [title, build] of Object.entries(CASES)) {
    test(`elementwiseTraining() and the others agree on ${title}`, async () => {
      await assertBuildersAgree(build, [2, 4, 5, 3]);
    });
  }

  test("elementwiseShape() refuses factors of different sizes", () => {
    const { builder } = shapeBuilder({ height: 4, width: 4 });
    const x = builder.input(3);
    const half = builder.maxPool(x, { name: "pool", size: 2, stride: 2, padding: "same" });
    assert.throws(
      () => builder.multiply([x, half], { name: "gate" }),
      /Layer gate cannot multiply 4×4×3 and 2×2×3/,
    );
  });
});
