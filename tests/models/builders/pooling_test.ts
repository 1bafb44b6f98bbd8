import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { onCpu } from "../../support/small_models.ts";
import { assertBuildersAgree } from "../../support/three_builders.ts";

describe("poolingShape(), poolingTfjs() and poolingTraining()", () => {
  onCpu();

  test("poolingTraining() and the others agree on a global average pool", async () => {
    const y = await assertBuildersAgree(
      (builder, x) => builder.globalAveragePool(x, { name: "pool" }),
      [2, 4, 5, 3],
    );
    assert.deepEqual(y.shape, [2, 1, 1, 3]);
  });

  for (const padding of ["same", "valid"] as const) {
    test(`poolingShape() and the others agree on a max pool, ${padding}`, async () => {
      await assertBuildersAgree(
        (builder, x) => builder.maxPool(x, { name: "pool", size: 3, stride: 2, padding }),
        [1, 8, 7, 3],
      );
    });
  }
});
