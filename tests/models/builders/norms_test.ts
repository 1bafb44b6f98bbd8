import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BatchNormalization, LayerNormalization } from "../../../lib/models/builders/norms.ts";
import { normalTensor } from "../../support/gradients.ts";
import { difference, onCpu } from "../../support/small_models.ts";

function layer(relu: boolean): BatchNormalization {
  return new BatchNormalization({
    name: "bn",
    momentum: 0.9,
    eps: 1e-3,
    relu,
    gamma: tf.initializers.constant({ value: 2 }),
    beta: tf.initializers.constant({ value: 0.5 }),
    mean: tf.initializers.zeros(),
    variance: tf.initializers.ones(),
  });
}

describe("BatchNormalization", () => {
  onCpu();
  const x = () => tf.add(tf.mul(normalTensor("x", [2, 3, 4, 2]), 3), 1);

  test("BatchNormalization.call() normalises by the batch in training", async () => {
    const y = layer(false).apply(x(), { training: true }) as tf.Tensor;
    const { mean, variance } = tf.moments(y, [0, 1, 2]);
    assert.ok((await mean.data()).every((value) => Math.abs(value - 0.5) < 1e-5));
    assert.ok((await variance.data()).every((value) => Math.abs(value - 4) < 0.01));
  });

  test("BatchNormalization.call() moves its averages by the biased variance, and only with updateStatistics", async () => {
    const bn = layer(false);
    bn.apply(x(), { training: true });
    bn.apply(x());
    const [, , mean, variance] = bn.weights.map((weight) => weight.read());
    assert.equal(await difference(mean!, tf.zeros([2])), 0);
    bn.apply(x(), { training: true, updateStatistics: true });
    const batch = tf.moments(x(), [0, 1, 2]);
    assert.ok(await difference(mean!, tf.mul(batch.mean, 0.1)) < 1e-6);
    assert.ok(await difference(variance!, tf.add(tf.mul(batch.variance, 0.1), 0.9)) < 1e-5);
  });

  test("BatchNormalization.call() in inference equals tfjs with the same weights", async () => {
    const bn = layer(false);
    bn.apply(x(), { training: true, updateStatistics: true });
    const plain = tf.layers.batchNormalization({ epsilon: 1e-3 });
    plain.apply(x());
    plain.setWeights(bn.getWeights());
    assert.deepEqual(
      bn.weights.map((weight) => weight.originalName),
      ["bn/gamma", "bn/beta", "bn/moving_mean", "bn/moving_variance"],
    );
    assert.ok(await difference(bn.apply(x()) as tf.Tensor, plain.apply(x()) as tf.Tensor) < 1e-6);
  });

  test("BatchNormalization.call() cuts at zero with relu, in training and in inference", async () => {
    for (const training of [true, false]) {
      const plain = layer(false).apply(x(), { training }) as tf.Tensor;
      const cut = layer(true).apply(x(), { training }) as tf.Tensor;
      assert.ok(await difference(tf.relu(plain), cut) < 1e-6);
    }
  });
});

test("LayerNormalization.call() equals tfjs with the same weights, whose names it has", async () => {
  const x = normalTensor("x", [2, 3, 4, 5]);
  const own = new LayerNormalization({
    name: "ln",
    eps: 1e-5,
    gamma: tf.initializers.ones(),
    beta: tf.initializers.zeros(),
  });
  const plain = tf.layers.layerNormalization({ epsilon: 1e-5 });
  tf.dispose([own.apply(x) as tf.Tensor, plain.apply(x) as tf.Tensor]);
  const weights = [normalTensor("gamma", [5]), normalTensor("beta", [5])];
  for (const layer of [own, plain]) layer.setWeights(weights);
  assert.deepEqual(own.weights.map((weight) => weight.originalName), ["ln/gamma", "ln/beta"]);
  assert.ok(await difference(own.apply(x) as tf.Tensor, plain.apply(x) as tf.Tensor) < 1e-5);
});
