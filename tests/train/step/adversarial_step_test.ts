/** The step against Algorithm 1 written out: a forward pass of D of its own for each loss. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type AdversarialConfig, defaultConfig } from "../../../lib/config/mod.ts";
import type { DiscriminatorConfig } from "../../../lib/models/discriminators/registry.ts";
import { oneHot } from "../../../lib/engine/ops/labels.ts";
import { record } from "../../../lib/engine/tape.ts";
import { validMask } from "../../../lib/losses/valid_mask.ts";
import { probabilityMap } from "../../../lib/models/segmentation_model.ts";
import {
  discriminatorLoss,
  generatorLoss,
} from "../../../lib/losses/adversarial/discriminator_losses.ts";
import { discriminatorLogits, iterateSpectralNorm } from "../../../lib/models/discriminator.ts";
import { segmentationLoss } from "../../../lib/losses/segmentation/segmentation_loss.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { disposeNetworks, type Networks } from "../../../lib/train/step/networks.ts";
import type { Batch } from "../../../lib/train/step/step_context.ts";
import { trainStep } from "../../../lib/train/step/train_step.ts";
import { randomStream } from "../../../lib/util/random.ts";
import { batchOf, smallNetworks } from "../../support/small_networks.ts";

const CLASSES = 3;
const RATES = { segmentation: 0.05, discriminator: 1e-2 };

function networks(adversarial: Partial<AdversarialConfig>): Networks {
  return smallNetworks({ adversarial: { weight: 0.3, ...adversarial } });
}

/** Networks with a D whose own options take their defaults. */
function withD(options: Partial<DiscriminatorConfig>): Networks {
  const { lastStride: _lastStride, norm: _norm, ...shared } = defaultConfig().adversarial
    .discriminator;
  const discriminator = { ...shared, ...options } as DiscriminatorConfig;
  return networks({ tg: 0.5, td: 1, discriminator });
}

function batch(step: number): Batch {
  const stream = randomStream(step, "labels");
  const labels = Int32Array.from({ length: 2 * 32 * 64 }, () => stream.integer(CLASSES));
  labels.fill(255, 0, 500);
  return batchOf(`images ${step}`, [2, 32, 64], labels);
}

/** Algorithm 1 with lgTiming `before`, nothing shared, on the gradients of whole losses. */
function plainStep(networks: Networks, { images, labels, valid }: Batch) {
  const { segmentation, temperatures, losses: terms } = networks;
  const { model, loss, config, parameters, optimizer } = networks.discriminator!;
  const { upsampleOrder } = segmentation.model;
  const kwargs = { training: true, updateStatistics: true };
  const forward = record(() => segmentation.model.layers.apply(images, kwargs) as tf.Tensor);
  const logits = forward.value as tf.Tensor4D;
  const options = { discriminator: model, loss, config, mask: validMask(labels), valid };
  const taken = (maps: tf.Tensor4D) =>
    config.discriminator.input === "logits" ? tf.log(tf.maximum(maps, 1e-4)) as tf.Tensor4D : maps;
  const maps = (temperature: number) =>
    taken(probabilityMap(logits, { temperature, upsampleOrder, height: 32, width: 64 }));
  const own = { images: tf.mul(images, config.discriminator.imageScale) as tf.Tensor4D };
  iterateSpectralNorm(model);
  const losses: Record<string, tf.Scalar> = {};
  const total = record(() => {
    const inputs = { logits, labels, valid, temperature: temperatures.seg, upsampleOrder };
    const seg = losses["loss/seg"] = tf.keep(segmentationLoss(inputs, terms));
    const batchStatistics = !config.frozenBatchNorm;
    const fooled = discriminatorLogits(model, maps(temperatures.tg), { batchStatistics, ...own });
    const gen = losses["loss/gen"] = tf.keep(generatorLoss(fooled, options));
    return tf.add(seg, tf.mul(gen, config.weight));
  });
  const [gradient] = total.backward(tf.scalar(1), [logits]);
  const [real, fake] = [taken(oneHot(labels, CLASSES) as tf.Tensor4D), maps(temperatures.td)];
  for (let k = 0; k < config.discriminatorSteps; k++) {
    const half = (maps: tf.Tensor4D, target: "real" | "fake"): tf.Scalar => {
      const logits = discriminatorLogits(model, maps, { updateStatistics: true, ...own });
      return discriminatorLoss(logits, target, options).loss;
    };
    const update = record(() => {
      const both = tf.add<tf.Scalar>(half(real, "real"), half(fake, "fake"));
      losses["loss/d"] = tf.keep(both);
      return both.clone();
    });
    const weights = parameters.map(({ weight }) => weight);
    optimizer.apply(update.backward(tf.scalar(1), weights), { lr: RATES.discriminator });
  }
  const weights = segmentation.parameters.map(({ weight }) => weight);
  segmentation.optimizer.apply(forward.backward(gradient!, weights), { lr: RATES.segmentation });
  return losses;
}

async function outcome(
  make: () => Networks,
  step: (networks: Networks, batch: Batch) => Record<string, tf.Scalar>,
): Promise<{ losses: number[][]; weights: number[][] }> {
  const trained = make();
  const losses: number[][] = [];
  for (let i = 0; i < 3; i++) {
    const found = step(trained, batch(i));
    const keys = ["loss/seg", "loss/gen", "loss/d"];
    losses.push(await Promise.all(keys.map(async (key) => (await found[key]!.data())[0]!)));
  }
  const all = [
    ...trained.segmentation.model.layers.weights,
    ...trained.discriminator!.model.layers.weights,
  ];
  const weights = await Promise.all(all.map(async (w) => [...await w.read().data()]));
  disposeNetworks(trained, { keepModel: false });
  return { losses, weights };
}

describe("trainStep()", () => {
  before(async () => {
    await useBackend({ backend: "wasm", threads: 1 });
  });

  const cases: [what: string, make: () => Networks][] = [
    ["T_g = T_d = 1, one forward pass of D", () => networks({ tg: 1, td: 1 })],
    ["T_g = T_d = 0.5", () => networks({ tg: 0.5, td: 0.5 })],
    ["T_g = T_d and k = 2", () => networks({ tg: 1, td: 1, discriminatorSteps: 2 })],
    ["T_g ≠ T_d", () => networks({ tg: 0.5, td: 1 })],
    ["D's batch norm frozen for L_G", () => networks({ tg: 1, td: 1, frozenBatchNorm: true })],
    ["the loss bce", () => networks({ tg: 1, td: 1, loss: "bce" })],
    ["the loss hinge", () => networks({ tg: 0.5, td: 1, loss: "hinge" })],
    ["D takes the image", () => withD({ name: "patchgan", image: "concat" })],
    ["D takes the image in a branch", () => withD({ name: "advsemiseg", image: "branches" })],
    ["D takes logits, pixel by pixel", () => withD({ name: "pixel", input: "logits" })],
    ["a U-Net as D", () => withD({ name: "unet-discriminator" })],
  ];
  for (const [what, make] of cases) {
    test(`trainStep() is bit-identical to Algorithm 1 written out: ${what}`, async () => {
      const plain = await outcome(make, plainStep);
      const step = await outcome(make, (trained, b) => trainStep(trained, b, { rates: RATES }));
      assert.deepEqual(step, plain);
    });
  }

  test("trainStep() is Algorithm 1 written out: D at two scales, with spectral norm", async () => {
    const make = () =>
      withD({
        ...{ name: "unet-discriminator", norm: "none", image: "concat" },
        ...{ scales: 2, spectralNorm: true },
      });
    const plain = await outcome(make, plainStep);
    const step = await outcome(make, (trained, b) => trainStep(trained, b, { rates: RATES }));
    // Sums of a kernel's gradients, directly and through σ, are taken in another order
    const differences = (["losses", "weights"] as const).flatMap((key) =>
      plain[key].flatMap((values, i) =>
        values.map((value, j) => Math.abs(value - step[key][i]![j]!))
      )
    );
    const largest = differences.reduce((a, b) => Math.max(a, b));
    assert.ok(largest < 1e-4, `${largest}`);
  });

  test("trainStep() runs D on predicted maps once where both losses can share the pass", () => {
    const passes = (adversarial: Partial<AdversarialConfig>): number => {
      const trained = networks(adversarial);
      const apply = trained.discriminator!.model.layers.apply.bind(
        trained.discriminator!.model.layers,
      );
      let count = 0;
      trained.discriminator!.model.layers.apply = (...args) => {
        count++;
        return apply(...args);
      };
      tf.dispose(trainStep(trained, batch(0), { rates: RATES }));
      disposeNetworks(trained, { keepModel: false });
      return count;
    };
    assert.equal(passes({ tg: 1, td: 1 }), 2);
    assert.equal(passes({ tg: 0.5, td: 1 }), 3);
    assert.equal(passes({ tg: 1, td: 1, lgTiming: "after" }), 3);
  });
});
