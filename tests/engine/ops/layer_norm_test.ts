import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { layerNorm } from "../../../lib/engine/ops/layer_norm.ts";
import {
  assertGradient,
  assertNoLeak,
  normalTensor,
  relativeError,
} from "../../support/gradients.ts";
import { onCpu } from "../../support/small_models.ts";

describe("layerNorm()", () => {
  onCpu();
  const eps = 1e-5;
  const operands = () => ({
    x: normalTensor("x", [2, 3, 4, 6]),
    gamma: normalTensor("gamma", [6]) as tf.Tensor1D,
    beta: normalTensor("beta", [6]) as tf.Tensor1D,
  });

  test("layerNorm() equals tfjs's layer", async () => {
    const { x, gamma, beta } = operands();
    const layer = tf.layers.layerNormalization({ epsilon: eps });
    tf.dispose(layer.apply(x) as tf.Tensor);
    layer.setWeights([gamma, beta]);
    const expected = layer.apply(x) as tf.Tensor;
    assert.ok(await relativeError(layerNorm({ x, gamma, beta }, { eps }), expected) < 1e-5);
  });

  test("layerNorm() has the right gradients and leaks nothing", async () => {
    const given = operands();
    for (const name of ["x", "gamma", "beta"] as const) {
      const run = (t: tf.Tensor) => layerNorm({ ...given, [name]: t }, { eps });
      await assertGradient(run, given[name]);
    }
    assertNoLeak(() => layerNorm(given, { eps }));
  });
});
