import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { adaptiveAveragePool } from "../../../lib/engine/ops/adaptive_pool.ts";
import {
  assertGradient,
  assertNoLeak,
  normalTensor,
  relativeError,
} from "../../support/gradients.ts";
import { onCpu } from "../../support/small_models.ts";

describe("adaptiveAveragePool()", () => {
  onCpu();

  test("adaptiveAveragePool() equals tfjs's pools where its windows divide the map", async () => {
    const x = normalTensor("x", [2, 6, 6, 3]) as tf.Tensor4D;
    for (const bins of [1, 2, 3, 6]) {
      const expected = tf.avgPool(x, 6 / bins, 6 / bins, "valid");
      assert.ok(await relativeError(adaptiveAveragePool(x, { bins }), expected) < 1e-6);
    }
  });

  test("adaptiveAveragePool() has PyTorch's windows where they overlap or repeat", async () => {
    const x = tf.tensor4d([1, 2, 3, 4, 5], [1, 5, 1, 1]);
    const column = async (
      bins: number,
    ) => [...await tf.slice(adaptiveAveragePool(x, { bins }), [0, 0, 0, 0], [1, -1, 1, 1]).data()];
    assert.deepEqual(await column(2), [2, 4]);
    assert.deepEqual(await column(6), [1, 1.5, 2.5, 3.5, 4.5, 5]);
  });

  test("adaptiveAveragePool() has the right gradient and leaks nothing", async () => {
    const x = normalTensor("x", [2, 5, 4, 3]) as tf.Tensor4D;
    for (const bins of [1, 3, 6]) {
      await assertGradient((t) => adaptiveAveragePool(t as tf.Tensor4D, { bins }), x);
    }
    assertNoLeak(() => adaptiveAveragePool(x, { bins: 3 }));
  });

  test("adaptiveAveragePool() refuses a number of windows that is not whole", () => {
    assert.throws(() => adaptiveAveragePool(tf.ones([1, 2, 2, 1]), { bins: 0 }), /whole number/);
  });
});
