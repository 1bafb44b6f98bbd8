/** The step against Algorithm 1 written out: a look of its own for each loss. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type AdversarialConfig, type Config, defaultConfig } from "../../lib/config/mod.ts";
import { oneHot } from "../../lib/engine/ops/one_hot.ts";
import { record } from "../../lib/engine/tape.ts";
import { validMask } from "../../lib/losses/valid_mask.ts";
import { probabilityMap } from "../../lib/models/probability_map.ts";
import { discriminatorLoss, generatorLoss } from "../../lib/losses/adversarial/losses.ts";
import { segmentationLoss } from "../../lib/losses/segmentation/segmentation_loss.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { createPlayers, disposePlayers } from "../../lib/train/networks.ts";
import { type Batch, type Players, trainStep } from "../../lib/train/train_step.ts";
import { randomStream } from "../../lib/util/random.ts";
import { normalTensor } from "../support/gradients.ts";

const CLASSES = 3;
const RATES = { generator: 0.05, discriminator: 1e-2 };

function players(adversarial: Partial<AdversarialConfig>, others: Partial<Config> = {}): Players {
  const config = { ...defaultConfig(), ...others };
  config.model = { ...config.model, name: "fcn8s-vgg16", width: 1 / 32, dropout: 0 };
  config.discriminator = { ...config.discriminator, width: 1 / 16, ...others.discriminator };
  config.adversarial = { ...config.adversarial, mode: "temperature", alpha: 0.3, ...adversarial };
  return createPlayers(config, { classes: CLASSES });
}

function batch(step: number): Batch {
  const stream = randomStream(step, "labels");
  const labels = Int32Array.from({ length: 2 * 32 * 64 }, () => stream.integer(CLASSES));
  labels.fill(255, 0, 500);
  return {
    images: normalTensor(`images ${step}`, [2, 32, 64, 3]) as tf.Tensor4D,
    labels: tf.tensor3d(labels, [2, 32, 64], "int32"),
    valid: labels.length - 500,
  };
}

/** Algorithm 1 with lgTiming `before`, nothing shared, on stock gradients of whole losses. */
function plainStep({ generator, adversary, config }: Players, { images, labels, valid }: Batch) {
  const { model, game, config: { alpha, ...rules } } = adversary!;
  const { upsampleOrder } = generator.model;
  const kwargs = { training: true, updateStatistics: true };
  const forward = record(() => generator.model.layers.apply(images, kwargs) as tf.Tensor);
  const logits = forward.value as tf.Tensor4D;
  const map = validMask(labels);
  const referee = { discriminator: model, game, config: rules, map, valid };
  const maps = (temperature: number) =>
    probabilityMap(logits, { temperature, upsampleOrder, height: 32, width: 64 });
  const losses: Record<string, tf.Scalar> = {};
  const total = record(() => {
    const options = { temperature: rules.tg, valid, upsampleOrder, kind: config.loss };
    const seg = losses["loss/seg"] = tf.keep(segmentationLoss({ logits, labels }, options));
    const gen = losses["loss/gen"] = tf.keep(generatorLoss(maps(rules.tg), referee));
    return tf.add(seg, tf.mul(gen, alpha));
  });
  const [gradient] = total.backward(tf.scalar(1), [logits]);
  const [real, fake] = [oneHot(labels, CLASSES) as tf.Tensor4D, maps(rules.td)];
  for (let k = 0; k < adversary!.steps; k++) {
    const update = record(() => {
      const { loss } = discriminatorLoss({ real, fake }, referee);
      losses["loss/d"] = tf.keep(loss);
      return loss.clone();
    });
    const weights = adversary!.parameters.map(({ weight }) => weight);
    adversary!.optimizer.apply(update.backward(tf.scalar(1), weights), RATES.discriminator);
  }
  const weights = generator.parameters.map(({ weight }) => weight);
  generator.optimizer.apply(forward.backward(gradient!, weights), RATES.generator);
  return losses;
}

async function outcome(
  make: () => Players,
  step: (players: Players, batch: Batch) => Record<string, tf.Scalar>,
): Promise<{ losses: number[][]; weights: number[][] }> {
  const game = make();
  const losses: number[][] = [];
  for (let i = 0; i < 3; i++) {
    const found = step(game, batch(i));
    const keys = ["loss/seg", "loss/gen", "loss/d"];
    losses.push(await Promise.all(keys.map(async (key) => (await found[key]!.data())[0]!)));
  }
  const all = [...game.generator.model.layers.weights, ...game.adversary!.model.layers.weights];
  const weights = await Promise.all(all.map(async (w) => [...await w.read().data()]));
  disposePlayers(game, { keepGenerator: false });
  return { losses, weights };
}

describe("trainStep", () => {
  before(async () => {
    await useBackend({ backend: "wasm", threads: 1 });
  });

  const cases: [what: string, make: () => Players][] = [
    ["T_g = T_d = 1, D looking once", () => players({ tg: 1, td: 1 })],
    ["T_g = T_d = 0.5", () => players({ tg: 0.5, td: 0.5 })],
    ["T_g = T_d and k = 2", () => {
      return players({ tg: 1, td: 1 }, {
        discriminator: { ...defaultConfig().discriminator, width: 1 / 16, steps: 2 },
      });
    }],
    ["T_g ≠ T_d", () => players({ tg: 0.5, td: 1 })],
    ["D's batch norm frozen for G", () => players({ tg: 1, td: 1, frozenBatchNorm: true })],
    ["the game bce", () => players({ tg: 1, td: 1, game: "bce" })],
  ];
  for (const [what, make] of cases) {
    test(`trainStep has the bits of Algorithm 1 written out: ${what}`, async () => {
      const plain = await outcome(make, plainStep);
      const step = await outcome(make, (game, b) => trainStep(game, b, RATES));
      assert.deepEqual(step, plain);
    });
  }

  test("trainStep looks at predicted maps once where both losses can use the look", () => {
    const looks = (adversarial: Partial<AdversarialConfig>): number => {
      const game = players(adversarial);
      const apply = game.adversary!.model.layers.apply.bind(game.adversary!.model.layers);
      let count = 0;
      game.adversary!.model.layers.apply = (...args) => {
        count++;
        return apply(...args);
      };
      tf.dispose(trainStep(game, batch(0), RATES));
      disposePlayers(game, { keepGenerator: false });
      return count;
    };
    assert.equal(looks({ tg: 1, td: 1 }), 2);
    assert.equal(looks({ tg: 0.5, td: 1 }), 3);
    assert.equal(looks({ tg: 1, td: 1, lgTiming: "after" }), 3);
  });
});
