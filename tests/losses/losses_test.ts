import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { defaultConfig } from "../../lib/config/schema.ts";
import {
  type AdversarialConfig,
  adversarialLosses,
} from "../../lib/losses/adversarial/adversarial_config.ts";
import type { AdversarialLoss } from "../../lib/losses/adversarial/adversarial_loss.ts";
import {
  discriminatorLoss,
  generatorLoss,
} from "../../lib/losses/adversarial/discriminator_losses.ts";
import { segmentationLosses } from "../../lib/losses/segmentation/loss_config.ts";
import {
  type SegmentationInputs,
  segmentationLoss,
} from "../../lib/losses/segmentation/segmentation_loss.ts";
import { temperaturesOf } from "../../lib/losses/temperatures.ts";
import { downsampleValidMask, maskedMean, validMask } from "../../lib/losses/valid_mask.ts";
import {
  buildDiscriminator,
  discriminatorLogits,
  type DiscriminatorOutput,
} from "../../lib/models/discriminator.ts";
import { probabilityMap } from "../../lib/models/segmentation_model.ts";
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
    assert.equal(await value(maskedMean(error, { mask: map, valid: 2 })), 3);
    assert.equal(await value(maskedMean(error, { mask: tf.zerosLike(map), valid: 0 })), 0);
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
        const given = { temperature: 2, valid: 5, upsampleOrder };
        const terms = [{ loss: segmentationLosses.get(kind), weight: 1 }];
        const at = (z: tf.Tensor) =>
          segmentationLoss({ logits: z as tf.Tensor4D, labels: labels(), ...given }, terms);
        const loss = at(logits());
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
        await assertGradient(at, logits());
      });
    }
  }

  test("segmentationLoss() upsamples logits of a coarser network", async () => {
    const coarse = tf.tensor4d([0, 2], [1, 1, 1, 2]);
    const truth = tf.tensor3d([1, 1, 0, 255], [1, 2, 2], "int32");
    const given = { temperature: 1, valid: 3, upsampleOrder: "logits" as const };
    const terms = [{ loss: segmentationLosses.get("ce"), weight: 1 }];
    const loss = segmentationLoss({ logits: coarse, labels: truth, ...given }, terms);
    const [hit, miss] = [Math.log(1 + Math.exp(-2)), Math.log(1 + Math.exp(2))];
    near(await value(loss), (2 * hit + miss) / 3);
  });

  test("segmentationLoss() is 0 where every pixel is ignored", async () => {
    const truth = tf.fill([1, 2, 3], 255, "int32") as tf.Tensor3D;
    for (const upsampleOrder of ["logits", "probabilities"] as const) {
      for (const loss of segmentationLosses) {
        const inputs = { logits: logits(), labels: truth, temperature: 1, valid: 0, upsampleOrder };
        const value_ = await value(segmentationLoss(inputs, [{ loss, weight: 1 }]));
        assert.equal(Math.abs(value_), 0, loss.name);
      }
    }
  });

  // Logits, labels and values in float64, computed outside this project
  const known = (): SegmentationInputs => ({
    logits: tf.tensor4d([2, 1, 0, 0, 1, 3, 1, 0, -1, 0, 0, 4], [1, 2, 2, 3]),
    labels: tf.tensor3d([0, 2, 1, 255], [1, 2, 2], "int32"),
    valid: 3,
    temperature: 1,
    upsampleOrder: "logits",
  });

  test("segmentationLoss() sums its terms by weight", async () => {
    const terms = [
      { loss: segmentationLosses.get("ce"), weight: 0.5 },
      { loss: segmentationLosses.get("dice"), weight: 2, options: { smooth: 0 } },
    ];
    near(await value(segmentationLoss(known(), terms)), 0.5 * 0.661686 + 2 * 0.433381);
    const ce = { ...terms[0]!, options: { smooth: 1 } };
    assert.throws(() => segmentationLoss(known(), [ce]), /ce takes none/);
  });

  test("temperaturesOf() lets L_seg follow T_g where there is a discriminator", () => {
    const at = (enabled: boolean, temperature: number | null) =>
      temperaturesOf({ loss: { temperature }, adversarial: { enabled, tg: 0.5, td: 2 } }).seg;
    assert.deepEqual([at(true, null), at(false, null), at(true, 3), at(false, 3)], [0.5, 1, 3, 3]);
  });

  const outputOf = (logit: number): DiscriminatorOutput => {
    const logits = tf.fill([1, 1, 1, 1], logit) as tf.Tensor4D;
    return { logits, output: tf.sigmoid(logits) };
  };

  test("lsgan has half squares, so an undecided D gives ¼ and ⅛", async () => {
    const loss = adversarialLosses.get("lsgan")!;
    near(await value(tf.add(loss.real(outputOf(0)), loss.fake(outputOf(0)))), 0.25);
    near(await value(loss.generator(outputOf(0))), 0.125);
  });

  test("bce has the signs of DCGAN and stays finite for a sure D", async () => {
    const loss = adversarialLosses.get("bce")!;
    const d = 1 / (1 + Math.exp(-1.5));
    near(await value(loss.real(outputOf(1.5))), -Math.log(d));
    near(await value(loss.fake(outputOf(1.5))), -Math.log(1 - d));
    near(await value(loss.generator(outputOf(1.5))), -Math.log(d));
    assert.equal(await value(loss.fake(outputOf(1000))), 1000);
  });

  test("hinge has the published values", async () => {
    const loss = adversarialLosses.get("hinge");
    const both = tf.add(loss.real(outputOf(0.3)), loss.fake(outputOf(-0.2)));
    near(await value(both), 0.7 + 0.8);
    near(await value(loss.generator(outputOf(-0.2))), 0.2);
    assert.equal(await value(loss.real(outputOf(1.5))), 0);
  });

  test("adversarialLosses have gradients that push the right way", async () => {
    const slope = async (loss: AdversarialLoss, side: "real" | "fake" | "generator") => {
      const f = (x: tf.Tensor) =>
        loss[side]({ logits: x as tf.Tensor4D, output: tf.sigmoid(x) as tf.Tensor4D });
      return await value(tf.grad(f)(tf.zeros([1, 1, 1, 1])));
    };
    for (const loss of adversarialLosses) {
      assert.ok(await slope(loss, "real") < 0, `${loss.name} real`);
      assert.ok(await slope(loss, "fake") > 0, `${loss.name} fake`);
      assert.ok(await slope(loss, "generator") < 0, `${loss.name} generator`);
    }
  });

  type Setting = { validMask?: "output"; discriminator?: object };
  const setUp = (setting: Setting = {}) => {
    const { adversarial } = defaultConfig();
    const own = { ...adversarial.discriminator, width: 0.0625, ...setting.discriminator };
    const discriminator = buildDiscriminator(own, { classes: 3, seed: 1 });
    const options = {
      discriminator,
      loss: adversarialLosses.get("lsgan"),
      config: { ...adversarial, ...setting } as AdversarialConfig,
      mask: tf.ones([2, 32, 32, 1]) as tf.Tensor4D,
      valid: 2 * 32 * 32,
    };
    const forward = (maps: tf.Tensor, updateStatistics = false, batchStatistics = true) =>
      discriminatorLogits(discriminator, maps as tf.Tensor4D, {
        updateStatistics,
        batchStatistics,
      });
    return { options, forward };
  };
  const maps = (name: string) => tf.softmax(normalTensor(name, [2, 32, 32, 3])) as tf.Tensor4D;

  test("discriminatorLoss() and generatorLoss() start near ¼ and ⅛", async () => {
    const { options, forward } = setUp({ discriminator: { initStd: 1e-3 } });
    const real = discriminatorLoss(forward(maps("a")), "real", options);
    const fake = discriminatorLoss(forward(maps("b")), "fake", options);
    near(await value(real.loss) + await value(fake.loss), 0.25, 0.01);
    near(await value(real.mean), 0.5, 0.01);
    near(await value(generatorLoss(forward(maps("b")), options)), 0.125, 0.01);
  });

  test("generatorLoss() lets the gradient through D into the maps, and counts valid pixels only", async () => {
    // Statistics of two 1×1 maps are too steep for differences, so D's moving ones are used.
    const { options, forward } = setUp();
    const at = (p: tf.Tensor, over = options) => generatorLoss(forward(p, false, false), over);
    await assertGradient((p) => at(p), maps("b"), { tolerance: 3e-2 });
    const half = tf.concat([tf.ones([1, 32, 32, 1]), tf.zeros([1, 32, 32, 1])]) as tf.Tensor4D;
    const first = { ...options, mask: half, valid: 1024 };
    const [, second] = tf.split(maps("b"), 2);
    const other = tf.concat([tf.slice(maps("b"), 0, 1), tf.mul(second!, 0.5)]);
    assert.equal(await value(at(maps("b"), first)), await value(at(other, first)));
    assert.notEqual(await value(at(maps("b"))), await value(at(other)));
  });

  const settings: Setting[] = [
    { discriminator: { lossResolution: "own" } },
    { validMask: "output" },
    { discriminator: { lastStride: 1 } },
    { discriminator: { output: "linear" } },
  ];
  for (const setting of settings) {
    test(`discriminatorLoss() is finite and leaks nothing with ${JSON.stringify(setting)}`, async () => {
      const { options, forward } = setUp(setting);
      const logits = forward(maps("a"));
      const half = discriminatorLoss(logits, "real", options);
      for (const scalar of Object.values(half)) assert.ok(Number.isFinite(await value(scalar)));
      assert.ok(Number.isFinite(await value(generatorLoss(logits, options))));
      assertNoLeak(() => tf.tidy(() => ({ ...discriminatorLoss(logits, "fake", options) })));
    });
  }

  test("discriminatorLoss() is 0 where every pixel is ignored", async () => {
    for (const lossResolution of ["input", "own"]) {
      const { options, forward } = setUp({ discriminator: { lossResolution } });
      const none = { ...options, mask: tf.zeros([2, 32, 32, 1]) as tf.Tensor4D, valid: 0 };
      for (const target of ["real", "fake"] as const) {
        assert.equal(await value(discriminatorLoss(forward(maps("a")), target, none).loss), 0);
      }
    }
  });
});
