import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import type {
  AdversarialLoss,
  DiscriminatorOutput,
} from "../../lib/losses/adversarial/adversarial_loss.ts";
import { downsampleValidMask, maskedMean, validMask } from "../../lib/losses/valid_mask.ts";
import { probabilityMap } from "../../lib/models/probability_map.ts";
import { discriminatorLoss, generatorLoss } from "../../lib/losses/adversarial/losses.ts";
import { adversarialLosses } from "../../lib/losses/adversarial/registry.ts";
import { segmentationLoss } from "../../lib/losses/segmentation/segmentation_loss.ts";
import { defaultConfig } from "../../lib/config/schema.ts";
import { buildDiscriminator } from "../../lib/models/discriminator.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { assertGradient, assertNoLeak, normalTensor } from "../support/gradients.ts";

function near(actual: number, expected: number, tolerance = 1e-6): void {
  assert.ok(Math.abs(actual - expected) < tolerance, `${actual} is not ${expected}`);
}

async function value(t: tf.Tensor): Promise<number> {
  return (await t.data())[0]!;
}

describe("losses", () => {
  before(async () => {
    await useBackend({ backend: "cpu" });
  });

  const labels = () => tf.tensor3d([0, 1, 255, 2, 2, 1], [1, 2, 3], "int32");
  const logits = () => normalTensor("logits", [1, 2, 3, 3]) as tf.Tensor4D;

  test("validMask() is 1 where the label is a class", async () => {
    const map = validMask(labels());
    assert.deepEqual(map.shape, [1, 2, 3, 1]);
    assert.deepEqual([...await map.data()], [1, 1, 0, 1, 1, 1]);
    const truth = labels();
    assertNoLeak(() => validMask(truth));
  });

  test("maskedMean() divides by the valid pixels and gives 0 where there is none", async () => {
    const error = tf.tensor4d([2, 4, 100], [1, 1, 3, 1]);
    const map = tf.tensor4d([1, 1, 0], [1, 1, 3, 1]);
    assert.equal(await value(maskedMean(error, { map, valid: 2 })), 3);
    assert.equal(await value(maskedMean(error, { map: tf.zerosLike(map), valid: 0 })), 0);
  });

  test("downsampleValidMask() gives the share of valid pixels under each output", async () => {
    const map = tf.tensor4d([1, 1, 0, 0, 1, 0, 0, 0], [1, 2, 4, 1]);
    assert.deepEqual([...await downsampleValidMask(map, 2).data()], [0.75, 0]);
  });

  for (const upsampleOrder of ["logits", "probabilities"] as const) {
    test(`probabilityMap() with upsampleOrder ${upsampleOrder} sums to one and has the right gradient`, async () => {
      const options = { temperature: 0.5, upsampleOrder, height: 4, width: 6 };
      const p = probabilityMap(logits(), options);
      assert.deepEqual(p.shape, [1, 4, 6, 3]);
      for (const sum of await tf.sum(p, -1).data()) near(sum, 1);
      await assertGradient((z) => probabilityMap(z as tf.Tensor4D, options), logits());
    });
  }

  test("probabilityMap() flattens with a high temperature and sharpens with a low one", async () => {
    const z = tf.tensor4d([0, 1], [1, 1, 1, 2]);
    const size = { upsampleOrder: "logits" as const, height: 1, width: 1 };
    for (const temperature of [0.5, 1, 2]) {
      const p = await probabilityMap(z, { temperature, ...size }).data();
      near(p[1]!, 1 / (1 + Math.exp(-1 / temperature)));
    }
  });

  for (const upsampleOrder of ["logits", "probabilities"] as const) {
    for (const kind of ["ce", "bce-per-class"] as const) {
      test(`segmentationLoss() ${kind} with upsampleOrder ${upsampleOrder} matches its formula`, async () => {
        const options = { temperature: 2, valid: 5, upsampleOrder, kind };
        const loss = segmentationLoss({ logits: logits(), labels: labels() }, options);
        const p = await probabilityMap(logits(), {
          temperature: 2,
          upsampleOrder,
          height: 2,
          width: 3,
        })
          .data();
        let expected = 0;
        for (const [i, label] of [0, 1, 255, 2, 2, 1].entries()) {
          if (label === 255) continue;
          for (let c = 0; c < 3; c++) {
            const q = p[i * 3 + c]!;
            if (c === label) expected -= Math.log(q);
            else if (kind === "bce-per-class") expected -= Math.log(1 - q);
          }
        }
        near(await value(loss), expected / 5, 1e-5);
        const at = (z: tf.Tensor) =>
          segmentationLoss({ logits: z as tf.Tensor4D, labels: labels() }, options);
        await assertGradient(at, logits());
      });
    }
  }

  test("segmentationLoss() upsamples logits of a coarser network", async () => {
    const coarse = tf.tensor4d([0, 2], [1, 1, 1, 2]);
    const truth = tf.tensor3d([1, 1, 0, 255], [1, 2, 2], "int32");
    const options = {
      temperature: 1,
      valid: 3,
      upsampleOrder: "logits" as const,
      kind: "ce" as const,
    };
    const loss = segmentationLoss({ logits: coarse, labels: truth }, options);
    const [hit, miss] = [Math.log(1 + Math.exp(-2)), Math.log(1 + Math.exp(2))];
    near(await value(loss), (2 * hit + miss) / 3);
  });

  test("segmentationLoss() is 0 where every pixel is ignored", async () => {
    const truth = tf.fill([1, 2, 3], 255, "int32") as tf.Tensor3D;
    for (const upsampleOrder of ["logits", "probabilities"] as const) {
      const options = { temperature: 1, valid: 0, upsampleOrder, kind: "ce" as const };
      assert.equal(
        Math.abs(await value(segmentationLoss({ logits: logits(), labels: truth }, options))),
        0,
      );
    }
  });

  const judged = (logit: number): DiscriminatorOutput => {
    const logits = tf.fill([1, 1, 1, 1], logit) as tf.Tensor4D;
    return { logits, output: tf.sigmoid(logits) };
  };

  test("lsgan has half squares, so an undecided D gives ¼ and ⅛", async () => {
    const game = adversarialLosses.get("lsgan")!;
    near(await value(tf.add(game.real(judged(0)), game.fake(judged(0)))), 0.25);
    near(await value(game.generator(judged(0))), 0.125);
  });

  test("bce has the signs of DCGAN and stays finite for a sure D", async () => {
    const game = adversarialLosses.get("bce")!;
    const d = 1 / (1 + Math.exp(-1.5));
    near(await value(game.real(judged(1.5))), -Math.log(d));
    near(await value(game.fake(judged(1.5))), -Math.log(1 - d));
    near(await value(game.generator(judged(1.5))), -Math.log(d));
    assert.equal(await value(game.fake(judged(1000))), 1000);
  });

  test("every game has gradients that push the right way", async () => {
    const slope = async (game: AdversarialLoss, side: "real" | "fake" | "segmentation") => {
      const f = (x: tf.Tensor) =>
        game[side]({ logits: x as tf.Tensor4D, output: tf.sigmoid(x) as tf.Tensor4D });
      return await value(tf.grad(f)(tf.zeros([1, 1, 1, 1])));
    };
    for (const game of adversarialLosses.values()) {
      assert.ok(await slope(game, "real") < 0, `${game.name} real`);
      assert.ok(await slope(game, "fake") > 0, `${game.name} fake`);
      assert.ok(await slope(game, "segmentation") < 0, `${game.name} generator`);
    }
  });

  const scene = (overrides: object = {}) => {
    const { discriminator: config, adversarial } = defaultConfig();
    const small = { ...config, width: 0.0625, ...overrides };
    return {
      discriminator: buildDiscriminator(small, { classes: 3, seed: 1 }),
      game: adversarialLosses.get("lsgan")!,
      config: { ...adversarial, ...overrides },
      map: tf.ones([2, 32, 32, 1]) as tf.Tensor4D,
      valid: 2 * 32 * 32,
    };
  };
  const maps = (name: string) => tf.softmax(normalTensor(name, [2, 32, 32, 3])) as tf.Tensor4D;

  test("discriminatorLoss() and generatorLoss start near ¼ and ⅛", async () => {
    const undecided = scene({ initStd: 1e-3 });
    const d = discriminatorLoss({ real: maps("a"), fake: maps("b") }, undecided);
    near(await value(d.loss), 0.25, 0.01);
    near(await value(d.real), 0.5, 0.01);
    near(await value(generatorLoss(maps("b"), undecided)), 0.125, 0.01);
  });

  test("generatorLoss() lets the gradient through D into the maps, and counts valid pixels only", async () => {
    // Statistics of two 1×1 maps are too steep for differences, so D's moving ones are used.
    const options = scene({ frozenBatchNorm: true });
    const loss = (p: tf.Tensor) => generatorLoss(p as tf.Tensor4D, options);
    await assertGradient(loss, maps("b"), { tolerance: 3e-2 });
    const half = tf.concat([tf.ones([1, 32, 32, 1]), tf.zeros([1, 32, 32, 1])]) as tf.Tensor4D;
    const first = { ...options, map: half, valid: 1024 };
    const [, second] = tf.split(maps("b"), 2);
    const other = tf.concat([tf.slice(maps("b"), 0, 1), tf.mul(second!, 0.5)]) as tf.Tensor4D;
    const [a, b] = [generatorLoss(maps("b"), first), generatorLoss(other, first)];
    assert.equal(await value(a), await value(b));
    assert.notEqual(await value(loss(maps("b"))), await value(loss(other)));
  });

  test("discriminatorLoss() moves the moving averages and generatorLoss does not", async () => {
    const options = scene();
    const statistics = () =>
      Promise.all(
        options.discriminator.layers.weights.filter((w) => /moving/.test(w.originalName))
          .map((w) => w.read().data()),
      );
    const start = await statistics();
    generatorLoss(maps("b"), options);
    assert.deepEqual(await statistics(), start);
    discriminatorLoss({ real: maps("a"), fake: maps("b") }, options);
    assert.notDeepEqual(await statistics(), start);
  });

  const settings = [
    { lossResolution: "own" },
    { validMask: "output" },
    { maskInputs: true },
    { frozenBatchNorm: true },
    { lastStride: 1 },
    { output: "linear" },
  ];
  for (const setting of settings) {
    test(`discriminatorLoss() is finite and leaks nothing with ${JSON.stringify(setting)}`, async () => {
      const options = scene(setting);
      const pair = { real: maps("a"), fake: maps("b") };
      const d = discriminatorLoss(pair, options);
      for (const scalar of Object.values(d)) assert.ok(Number.isFinite(await value(scalar)));
      assert.ok(Number.isFinite(await value(generatorLoss(pair.fake, options))));
      assertNoLeak(() => tf.tidy(() => ({ ...discriminatorLoss(pair, options) })));
    });
  }

  test("discriminatorLoss() is 0 where every pixel is ignored", async () => {
    for (const lossResolution of ["input", "own"]) {
      const options = {
        ...scene({ lossResolution }),
        map: tf.zeros([2, 32, 32, 1]) as tf.Tensor4D,
        valid: 0,
      };
      const { loss } = discriminatorLoss({ real: maps("a"), fake: maps("b") }, options);
      assert.equal(await value(loss), 0);
    }
  });
});
