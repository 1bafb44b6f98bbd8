import * as tf from "@tensorflow/tfjs";
import { describe, test } from "node:test";
import { batchNormTraining } from "../../../lib/engine/ops/batch_norm.ts";
import { globalAveragePool, scaleChannels } from "../../../lib/engine/ops/channel_maps.ts";
import { assertGradient, assertNoLeak, normalTensor } from "../../support/gradients.ts";
import { onCpu } from "../../support/small_models.ts";

describe("globalAveragePool() and scaleChannels()", () => {
  onCpu();
  const x = () => normalTensor("x", [2, 3, 4, 5]) as tf.Tensor4D;

  test("globalAveragePool() has the right gradient and leaks nothing", async () => {
    await assertGradient((t) => globalAveragePool(t as tf.Tensor4D), x());
    const map = x();
    assertNoLeak(() => globalAveragePool(map));
  });

  test("scaleChannels() has the right gradients and leaks nothing", async () => {
    const given = { x: x(), factors: normalTensor("factors", [2, 1, 1, 5]) as tf.Tensor4D };
    await assertGradient((t) => scaleChannels(t as tf.Tensor4D, given.factors), given.x);
    await assertGradient((t) => scaleChannels(given.x, t as tf.Tensor4D), given.factors);
    assertNoLeak(() => scaleChannels(given.x, given.factors));
  });

  test("batchNormTraining() with hardSwish has the right gradients and leaks nothing", async () => {
    const given = {
      x: x(),
      gamma: tf.fill([5], 0.7) as tf.Tensor1D,
      beta: normalTensor("beta", [5]) as tf.Tensor1D,
    };
    const options = { eps: 1e-3, activation: "hardSwish" } as const;
    for (const name of ["x", "gamma", "beta"] as const) {
      const run = (t: tf.Tensor) => batchNormTraining({ ...given, [name]: t }, options)[0];
      await assertGradient(run, given[name], { step: 3e-3 });
    }
    assertNoLeak(() => batchNormTraining(given, options));
  });
});
