import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resizeNearest } from "../../../lib/engine/ops/resize_nearest.ts";
import { assertGradient, assertNoLeak, normalTensor } from "../../support/gradients.ts";
import { onCpu } from "../../support/small_models.ts";

describe("resizeNearest()", () => {
  onCpu();

  test("resizeNearest() repeats rows and columns", async () => {
    const y = resizeNearest(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), { factor: 2 });
    assert.deepEqual(
      [...await y.data()],
      [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4],
    );
  });

  for (const factor of [1, 2, 3]) {
    test(`resizeNearest() ×${factor} has the right gradient and leaks nothing`, async () => {
      const x = normalTensor("x", [2, 3, 4, 5]) as tf.Tensor4D;
      await assertGradient((t) => resizeNearest(t as tf.Tensor4D, { factor }), x);
      assertNoLeak(() => resizeNearest(x, { factor }));
    });
  }

  test("resizeNearest() refuses a factor that is no whole number", () => {
    for (const factor of [0, 1.5, NaN]) {
      assert.throws(() => resizeNearest(tf.ones([1, 2, 2, 1]), { factor }), /whole number/);
    }
  });
});
