import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { activation, type ActivationName } from "../../../lib/engine/ops/activations.ts";
import { record } from "../../../lib/engine/tape.ts";
import { assertGradient, assertNoLeak, normalTensor } from "../../support/gradients.ts";
import { onCpu } from "../../support/small_models.ts";

/** PyTorch 1.13 at these inputs: values, then slopes. */
const INPUTS = [-4, -2.5, -1, -0.25, 0.5, 1, 2.75, 3.5, 7];
const EXPECTED: Record<ActivationName, [values: number[], slopes: number[]]> = {
  relu: [[0, 0, 0, 0, 0.5, 1, 2.75, 3.5, 7], [0, 0, 0, 0, 1, 1, 1, 1, 1]],
  relu6: [[0, 0, 0, 0, 0.5, 1, 2.75, 3.5, 6], [0, 0, 0, 0, 1, 1, 1, 1, 0]],
  sigmoid: [[
    0.017986,
    0.075858,
    0.268941,
    0.437823,
    0.622459,
    0.731059,
    0.939913,
    0.970688,
    0.999089,
  ], [0.017663, 0.070104, 0.196612, 0.246134, 0.235004, 0.196612, 0.056476, 0.028453, 0.00091]],
  hardSigmoid: [[0, 0.083333, 0.333333, 0.458333, 0.583333, 0.666667, 0.958333, 1, 1], [
    0,
    0.166667,
    0.166667,
    0.166667,
    0.166667,
    0.166667,
    0.166667,
    0,
    0,
  ]],
  hardSwish: [[0, -0.208333, -0.333333, -0.114583, 0.291667, 0.666667, 2.635417, 3.5, 7], [
    0,
    -0.333333,
    0.166667,
    0.416667,
    0.666667,
    0.833333,
    1.416667,
    1,
    1,
  ]],
  swish: [[
    -0.071945,
    -0.189645,
    -0.268941,
    -0.109456,
    0.31123,
    0.731059,
    2.584762,
    3.397407,
    6.993623,
  ], [-0.052665, -0.099401, 0.072329, 0.37629, 0.739961, 0.927671, 1.095223, 1.070273, 1.00546]],
  gelu: [[-0.000127, -0.015524, -0.158655, -0.100323, 0.345731, 0.841345, 2.741806, 3.499186, 7], [
    -0.000504,
    -0.037611,
    -0.083315,
    0.304627,
    0.867495,
    1.083315,
    1.022028,
    1.002822,
    1,
  ]],
};

describe("activation()", () => {
  onCpu();

  for (const [name, [values, slopes]] of Object.entries(EXPECTED)) {
    const kind = name as ActivationName;
    test(`activation() ${name} and its slope are PyTorch's`, async () => {
      const x = tf.tensor1d(INPUTS);
      const recording = record(() => tf.sum(activation(x, kind)));
      const [slope] = recording.backward(tf.scalar(1), [x]);
      const found = [...await activation(x, kind).data(), ...await slope!.data()];
      for (const [i, expected] of [...values, ...slopes].entries()) {
        assert.ok(Math.abs(found[i]! - expected) < 2e-6, `${i}: ${found[i]} for ${expected}`);
      }
    });

    test(`activation() ${name} has the right gradient and leaks nothing`, async () => {
      // No value within a step of a kink
      const x = tf.tidy(() => {
        const draws = tf.mul(normalTensor("x", [4, 5, 3]), 3);
        const near = [-3, 0, 3, 6].map((kink) => tf.less(tf.abs(tf.sub(draws, kink)), 0.1));
        return tf.add(draws, tf.mul(tf.cast(near.reduce(tf.logicalOr), "float32"), 0.2));
      });
      await assertGradient((t) => activation(t, kind), x, { step: 3e-3 });
      assertNoLeak(() => activation(x, kind));
    });
  }
});
