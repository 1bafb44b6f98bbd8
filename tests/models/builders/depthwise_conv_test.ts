import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { shapeBuilder } from "../../../lib/models/builders/shape_builder.ts";
import { DEPTHWISE_CASES } from "../../support/depthwise_cases.ts";
import { onCpu } from "../../support/small_models.ts";
import { assertBuildersAgree } from "../../support/three_builders.ts";

describe("depthwiseShape(), depthwiseTfjs() and depthwiseTraining()", () => {
  onCpu();

  for (const [title, { x, kernel, multiplier, options }] of Object.entries(DEPTHWISE_CASES)) {
    test(`depthwiseTraining() and the others agree on ${title}`, async () => {
      await assertBuildersAgree(
        (builder, x) =>
          builder.depthwiseConv(x, { name: "a", kernel, multiplier, bias: false, ...options }),
        x,
      );
    });
  }

  test("depthwiseTraining() and the others agree on separable convolutions", async () => {
    for (const options of [{}, { dilation: 3, bias: false }]) {
      const y = await assertBuildersAgree(
        (builder, x) => builder.separableConv(x, { name: "a", kernel: 3, filters: 5, ...options }),
        [2, 7, 8, 3],
      );
      assert.deepEqual(y.shape, [2, 7, 8, 5]);
    }
  });

  test("depthwiseShape() refuses a stride together with a dilation", () => {
    const { builder } = shapeBuilder({ height: 8, width: 8 });
    const x = builder.input(3);
    assert.throws(
      () => builder.depthwiseConv(x, { name: "a", kernel: 3, stride: 2, dilation: 2 }),
      /Cannot build layer a with stride 2 and dilation 2: one must be 1/,
    );
  });
});
