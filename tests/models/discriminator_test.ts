import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DiscriminatorConfig } from "../../lib/models/discriminator_config.ts";
import { defaultConfig } from "../../lib/config/schema.ts";
import {
  buildDiscriminator,
  discriminate,
  type Discriminator,
} from "../../lib/models/discriminator.ts";
import { discriminatorNetwork } from "../../lib/models/networks/discriminator_network.ts";
import { assemble, tfjsBuilder } from "../../lib/models/builders/tfjs_builder.ts";
import { trainingBuilder } from "../../lib/models/builders/training_builder.ts";
import type { LayerBuilder } from "../../lib/models/builders/layer_builder.ts";
import { seededWeights } from "../../lib/models/builders/weight_source.ts";
import { difference, onCpu } from "../support/small_models.ts";

function small(config: Partial<DiscriminatorConfig> = {}): Discriminator {
  const base = { ...defaultConfig().adversarial.discriminator, width: 1 / 16 };
  return buildDiscriminator({ ...base, ...config }, { classes: 3, seed: 1 });
}

/** Values of a weight. */
async function weight(d: Discriminator, name: string): Promise<Float32Array> {
  const found = d.layers.weights.find(({ originalName }) => originalName === name)!;
  return (await found.read().data()).slice() as Float32Array;
}

describe("discriminatorNetwork", () => {
  onCpu();

  test("discriminatorNetwork is the same in tfjs layers", async () => {
    const network = {
      classes: 3,
      width: 1 / 16,
      lastStride: 2,
      initStd: 0.3,
      bnMomentum: 0.9,
    } as const;
    const build = (builder: LayerBuilder<tf.SymbolicTensor>): tf.LayersModel =>
      assemble({ name: "d", builder }, (builder) => discriminatorNetwork(builder, network));
    const own = build(trainingBuilder(seededWeights(1)));
    const plain = build(tfjsBuilder(seededWeights(1)));
    const maps = tf.randomNormal<tf.Rank.R4>([2, 64, 64, 3], 0, 1, "float32", 1);
    for (const training of [false, true]) {
      const run = (model: tf.LayersModel) => model.apply(maps, { training }) as tf.Tensor;
      const [a, b] = [run(own), run(plain)];
      assert.ok((await tf.max(tf.abs(b)).data())[0]! > 0.01);
      assert.ok(await difference(a, b) < 1e-4, `training: ${training}`);
    }
    const names = plain.layers.map(({ name }) => name);
    assert.deepEqual(names.slice(1, 6), [
      "d_conv1",
      "d_conv1_relu",
      "d_conv2",
      "d_bn2",
      "d_bn2_relu",
    ]);
  });
});

describe("discriminate", () => {
  onCpu();
  const maps = () => tf.softmax(tf.randomNormal([2, 64, 32, 3], 0, 1, "float32", 1)) as tf.Tensor4D;

  test("discriminate gives one verdict in (0, 1) per pixel", async () => {
    const { logits, output } = discriminate(small(), maps());
    assert.deepEqual(output.shape, [2, 64, 32, 1]);
    assert.equal(await difference(tf.sigmoid(logits), output), 0);
    assert.ok((await output.data()).every((value) => value > 0 && value < 1));
  });

  test("discriminate near its start is undecided, as an untrained D should be", async () => {
    const d = buildDiscriminator(defaultConfig().adversarial.discriminator, {
      classes: 3,
      seed: 1,
    });
    const { output } = discriminate(d, maps());
    const [mean] = await tf.mean(output).data();
    // N(0, 0.02) over 16·512 rectified values gives logits a common part of about ±0.6.
    assert.ok(Math.abs(mean! - 0.5) < 0.25, `${mean}`);
    d.layers.dispose();
  });

  test("discriminate answers at its own resolution with lossResolution own", () => {
    const own = (lastStride: 1 | 2) =>
      discriminate(small({ lossResolution: "own", lastStride }), maps()).output.shape;
    assert.deepEqual(own(2), [2, 2, 1, 1]);
    assert.deepEqual(own(1), [2, 4, 2, 1]);
    assert.equal(small({ lastStride: 1 }).stride, 16);
  });

  test("discriminate leaves logits alone with output linear", async () => {
    const { logits, output } = discriminate(small({ output: "linear" }), maps());
    assert.equal(await difference(logits, output), 0);
  });

  test("discriminate moves its statistics only when told to", async () => {
    const d = small();
    const before = await weight(d, "d_bn2/moving_mean");
    tf.dispose({ ...discriminate(d, maps()) });
    tf.dispose({ ...discriminate(d, maps(), { batchStatistics: false }) });
    assert.deepEqual(await weight(d, "d_bn2/moving_mean"), before);
    tf.dispose({ ...discriminate(d, maps(), { updateStatistics: true }) });
    assert.notDeepEqual(await weight(d, "d_bn2/moving_mean"), before);
  });

  test("discriminate treats samples of a batch alone by moving statistics, together by its own", async () => {
    const d = small();
    const both = maps();
    const first = tf.slice(both, [0, 0, 0, 0], [1, -1, -1, -1]) as tf.Tensor4D;
    const compare = (batchStatistics: boolean) => {
      const together = discriminate(d, both, { batchStatistics }).output;
      const alone = discriminate(d, first, { batchStatistics }).output;
      return difference(tf.slice(together, [0, 0, 0, 0], [1, -1, -1, -1]), alone);
    };
    assert.ok(await compare(false) < 1e-6);
    assert.ok(await compare(true) > 1e-6);
  });

  test("discriminate keeps nothing but its verdict", () => {
    const d = small();
    const x = maps();
    tf.dispose({ ...discriminate(d, x, { updateStatistics: true }) });
    const { numTensors } = tf.memory();
    tf.dispose({ ...discriminate(d, x, { updateStatistics: true }) });
    assert.equal(tf.memory().numTensors, numTensors);
  });
});

describe("buildDiscriminator", () => {
  onCpu();

  test("buildDiscriminator draws kernels with initStd and zero biases", async () => {
    const d = small({ width: 1, initStd: 0.02 });
    const kernel = await weight(d, "d_conv3/kernel");
    const std = Math.sqrt(kernel.reduce((sum, value) => sum + value * value, 0) / kernel.length);
    assert.ok(Math.abs(std - 0.02) < 2e-4, `${std}`);
    assert.ok((await weight(d, "d_conv3/bias")).every((value) => value === 0));
    d.layers.dispose();
  });

  test("buildDiscriminator has no batch norm around its first and last convolution", () => {
    const names = small().layers.layers.map((layer) => layer.name);
    assert.deepEqual(names.filter((name) => name.startsWith("d_bn")), ["d_bn2", "d_bn3", "d_bn4"]);
  });
});
