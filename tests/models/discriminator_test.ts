import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  buildDiscriminator,
  type Discriminator,
  discriminatorForward,
} from "../../lib/models/discriminator.ts";
import { difference, onCpu } from "../support/small_models.ts";

function small(config: Parameters<typeof buildDiscriminator>[0] = {}): Discriminator {
  return buildDiscriminator({ width: 1 / 16, ...config }, { classes: 3, seed: 1 });
}

/** Values of a weight. */
async function weight(d: Discriminator, name: string): Promise<Float32Array> {
  const found = d.layers.weights.find(({ originalName }) => originalName === name)!;
  return (await found.read().data()).slice() as Float32Array;
}

describe("discriminatorForward()", () => {
  onCpu();
  const maps = () => tf.softmax(tf.randomNormal([2, 64, 32, 3], 0, 1, "float32", 1)) as tf.Tensor4D;

  test("discriminatorForward() gives one output in (0, 1) per pixel", async () => {
    const { logits, output } = discriminatorForward(small(), maps());
    assert.deepEqual(output.shape, [2, 64, 32, 1]);
    assert.equal(await difference(tf.sigmoid(logits), output), 0);
    assert.ok((await output.data()).every((value) => value > 0 && value < 1));
  });

  test("discriminatorForward() near its start is undecided, as an untrained D should be", async () => {
    const d = buildDiscriminator({}, { classes: 3, seed: 1 });
    const { output } = discriminatorForward(d, maps());
    const [mean] = await tf.mean(output).data();
    // N(0, 0.02) over 16·512 rectified values gives logits a common part of about ±0.6.
    assert.ok(Math.abs(mean! - 0.5) < 0.25, `${mean}`);
    d.layers.dispose();
  });

  test("discriminatorForward() answers at its own resolution with lossResolution own", () => {
    const own = (lastStride: 1 | 2) =>
      discriminatorForward(small({ lossResolution: "own", lastStride }), maps()).output.shape;
    assert.deepEqual(own(2), [2, 2, 1, 1]);
    assert.deepEqual(own(1), [2, 4, 2, 1]);
    assert.equal(small({ lastStride: 1 }).stride, 16);
  });

  test("discriminatorForward() leaves logits alone with output linear", async () => {
    const { logits, output } = discriminatorForward(small({ output: "linear" }), maps());
    assert.equal(await difference(logits, output), 0);
  });

  test("discriminatorForward() moves its statistics only on request", async () => {
    const d = small();
    const before = await weight(d, "d_bn2/moving_mean");
    tf.dispose({ ...discriminatorForward(d, maps()) });
    tf.dispose({ ...discriminatorForward(d, maps(), { batchStatistics: false }) });
    assert.deepEqual(await weight(d, "d_bn2/moving_mean"), before);
    tf.dispose({ ...discriminatorForward(d, maps(), { updateStatistics: true }) });
    assert.notDeepEqual(await weight(d, "d_bn2/moving_mean"), before);
  });

  test("discriminatorForward() treats samples of a batch alone by moving statistics, together by its own", async () => {
    const d = small();
    const both = maps();
    const first = tf.slice(both, [0, 0, 0, 0], [1, -1, -1, -1]) as tf.Tensor4D;
    const compare = (batchStatistics: boolean) => {
      const together = discriminatorForward(d, both, { batchStatistics }).output;
      const alone = discriminatorForward(d, first, { batchStatistics }).output;
      return difference(tf.slice(together, [0, 0, 0, 0], [1, -1, -1, -1]), alone);
    };
    assert.ok(await compare(false) < 1e-6);
    assert.ok(await compare(true) > 1e-6);
  });

  test("discriminatorForward() keeps nothing but its output", () => {
    const d = small();
    const x = maps();
    tf.dispose({ ...discriminatorForward(d, x, { updateStatistics: true }) });
    const { numTensors } = tf.memory();
    tf.dispose({ ...discriminatorForward(d, x, { updateStatistics: true }) });
    assert.equal(tf.memory().numTensors, numTensors);
  });
});

describe("buildDiscriminator()", () => {
  onCpu();

  test("buildDiscriminator() draws kernels with initStd and zero biases", async () => {
    const d = small({ width: 1, initStd: 0.02 });
    const kernel = await weight(d, "d_conv3/kernel");
    const std = Math.sqrt(kernel.reduce((sum, value) => sum + value * value, 0) / kernel.length);
    assert.ok(Math.abs(std - 0.02) < 2e-4, `${std}`);
    assert.ok((await weight(d, "d_conv3/bias")).every((value) => value === 0));
    d.layers.dispose();
  });

  test("buildDiscriminator() has no batch norm around its first and last convolution", () => {
    const names = small().layers.layers.map((layer) => layer.name);
    assert.deepEqual(names.filter((name) => name.startsWith("d_bn")), ["d_bn2", "d_bn3", "d_bn4"]);
  });
});
