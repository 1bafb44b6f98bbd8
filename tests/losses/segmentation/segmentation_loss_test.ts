import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type BackendInfo, useBackend } from "../../../lib/backend/use_backend.ts";
import { segmentationLosses } from "../../../lib/losses/segmentation/loss_config.ts";
import {
  type SegmentationInputs,
  type SegmentationLoss,
  segmentationLoss,
} from "../../../lib/losses/segmentation/segmentation_loss.ts";
import { record } from "../../../lib/engine/tape.ts";
import { assertGradient, assertNoLeak, normalTensor } from "../../support/gradients.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

const ORDERS = ["logits", "probabilities"] as const;

/** Terms with options under which each has a gradient nearly everywhere. */
const TERMS: Record<string, object> = {
  ce: {},
  "bce-per-class": {},
  focal: { gamma: 1.5 },
  ohem: { threshold: 0.4, minKept: 2 },
  dice: { smooth: 0 },
  jaccard: { smooth: 0 },
  tversky: { alpha: 0.3, beta: 0.7, gamma: 0.75 },
  lovasz: {},
  "label-smoothing": {},
  logitnorm: { tau: 0.5 },
  "confidence-penalty": {},
  mbls: { margin: 0.2 },
};

/** Logits, labels and values in float64, computed outside this project. */
const KNOWN: [
  name: string,
  options: object,
  expected: number,
  over?: Partial<SegmentationInputs>,
][] = [
  ["ce", {}, 0.661686],
  ["ce", {}, 0.557457, { classWeights: [1, 2, 4] }],
  ["focal", { gamma: 2 }, 0.284257],
  ["focal", { gamma: 0 }, 0.661686],
  ["label-smoothing", { smoothing: 0.1 }, 0.750575],
  ["dice", { smooth: 0 }, 0.433381],
  ["dice", { smooth: 1 }, 0.282704],
  ["jaccard", { smooth: 0 }, 0.571737],
  ["tversky", { alpha: 0.3, beta: 0.7, smooth: 0 }, 0.428691],
  ["tversky", { alpha: 0.5, beta: 0.5, smooth: 0 }, 0.433381],
  ["lovasz", {}, 0.470492],
  ["confidence-penalty", {}, -0.729686],
  ["mbls", { margin: 1 }, 0.555556],
  ["mbls", { margin: 2 }, 0.111111],
  ["mbls", { margin: 10 }, 0],
  ["logitnorm", { tau: 0.04 }, 5.892561],
  ["logitnorm", { tau: 1 }, 0.875782],
  ["ohem", { threshold: 0.7, minKept: 1 }, 0.907606],
  ["ohem", { threshold: 0.2, minKept: 1 }, 1.407606],
  ["ohem", { threshold: 0.2, minKept: 2 }, 0.907606],
  ["ohem", { threshold: 0.2, minKept: 9 }, 0.661686],
];

function known(labels = [0, 2, 1, 255]): SegmentationInputs {
  return {
    logits: tf.tensor4d([2, 1, 0, 0, 1, 3, 1, 0, -1, 0, 0, 4], [1, 2, 2, 3]),
    labels: tf.tensor3d(labels, [1, 2, 2], "int32"),
    valid: labels.filter((label) => label !== 255).length,
    temperature: 1,
    upsampleOrder: "logits",
  };
}

/** The losses that are functions of logits and labels. */
function ofMaps(): SegmentationLoss[] {
  return [...segmentationLosses].filter(({ readsWeights }) => !readsWeights);
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

async function lossOf(
  name: string,
  inputs: SegmentationInputs,
  options: object = {},
): Promise<number> {
  const terms = [{ loss: segmentationLosses.get(name), weight: 1, options }];
  const loss = tf.tidy(() => segmentationLoss(inputs, terms));
  return (await loss.data())[0]!;
}

const skips = { cpu: false, wasm: false, webgpu: await noAdapter() } as const;

test("segmentationLoss() is tested on all backends with every term", () => {
  assert.deepEqual(ofMaps().map(({ name }) => name).toSorted(), Object.keys(TERMS).toSorted());
});

for (const [name, skip] of Object.entries(skips)) {
  describe(name, { skip }, () => {
    let backend: BackendInfo;
    before(async () => {
      backend = await useBackend({ backend: name as keyof typeof skips, threads: 1 });
    });
    after(() => backend.dispose());

    test("segmentationLoss() has the known answers to 2e-6 of float64", async () => {
      for (const [term, options, expected, over] of KNOWN) {
        // Where probabilities are upsampled, log p ends at log 1e-7
        const isSteep = term === "logitnorm" && expected > 5;
        for (const upsampleOrder of isSteep ? ["logits"] as const : ORDERS) {
          const given = { ...known(), upsampleOrder, ...over };
          near(await lossOf(term, given, options), expected, 2e-6 * Math.max(1, expected));
        }
      }
    });

    test("segmentationLoss() lovasz averages over the classes that are there, or over all", async () => {
      const labels = [0, 2, 0, 255];
      near(await lossOf("lovasz", known(labels), { classes: "present" }), 0.245482, 2e-6);
      near(await lossOf("lovasz", known(labels), { classes: "all" }), 0.245231, 2e-6);
    });

    const labels = () => tf.tensor3d([0, 1, 255, 2, 2, 1], [1, 2, 3], "int32");
    const logits = () => normalTensor("logits", [1, 2, 3, 3]) as tf.Tensor4D;

    for (const [term, options] of Object.entries(TERMS)) {
      test(`segmentationLoss() ${term} has the right gradient, leaves ignored pixels out and leaks nothing`, async () => {
        const terms = [{ loss: segmentationLosses.get(term), weight: 1, options }];
        for (const upsampleOrder of ORDERS) {
          const given = { labels: labels(), temperature: 0.5, valid: 5, upsampleOrder };
          const at = (z: tf.Tensor, more: Partial<SegmentationInputs> = {}) =>
            segmentationLoss({ logits: z as tf.Tensor4D, ...given, ...more }, terms);
          await assertGradient((z) => at(z), logits(), { step: 3e-3, tolerance: 2e-2 });
          await assertGradient((z) => at(z, { classWeights: [1, 2, 0.5] }), logits(), {
            step: 3e-3,
            tolerance: 2e-2,
          });
          const spike = tf.tensor4d([0, 0, 0, 0, 0, 0, 9, -9, 3, ...Array(9).fill(0)], [
            1,
            2,
            3,
            3,
          ]);
          const [a, b] = [await at(logits()).data(), await at(tf.add(logits(), spike)).data()];
          near(b[0]!, a[0]!, 1e-6);
          const z = logits();
          at(z).dispose(); // registers kernels
          assertNoLeak(() => tf.tidy(() => at(z)));
        }
      });
    }

    test("segmentationLoss() l1 is the sum of absolute weights, and its gradient their sign", async () => {
      const weights = [tf.tensor1d([-2, 0, 0.5]), tf.tensor2d([[-1, 3]])];
      const terms = [{ loss: segmentationLosses.get("l1"), weight: 0.5 }];
      const recording = record(() => segmentationLoss({ ...known(), weights }, terms));
      near((await recording.value.data())[0]!, 3.25, 1e-6);
      const gradients = recording.backward(tf.scalar(1), weights);
      assert.deepEqual([...await gradients[0]!.data()], [-0.5, 0, 0.5]);
      assert.deepEqual([...await gradients[1]!.data()], [-0.5, 0.5]);
      const part = segmentationLoss({ ...known(), weights, share: 0.25 }, terms);
      near((await part.data())[0]!, 3.25 / 4, 1e-6);
    });

    test("segmentationLoss() is 0 where no pixel is valid", async () => {
      for (const upsampleOrder of ORDERS) {
        for (const classWeights of [null, [1, 2, 4]]) {
          for (const [term, options] of Object.entries(TERMS)) {
            const given = { ...known([255, 255, 255, 255]), upsampleOrder, classWeights };
            assert.equal(Math.abs(await lossOf(term, given, options)), 0, term);
          }
        }
      }
    });
  });
}

describe("micro-batches and weights", () => {
  before(async () => {
    await useBackend({ backend: "cpu" });
  });

  const batch = () => ({
    logits: normalTensor("batch", [2, 2, 3, 3]) as tf.Tensor4D,
    labels: tf.tensor3d([0, 1, 255, 2, 2, 1, 1, 1, 255, 255, 0, 0], [2, 2, 3], "int32"),
    valid: 9,
    temperature: 1,
    upsampleOrder: "logits" as const,
  });

  for (const classWeights of [null, [1, 2, 4]]) {
    test(`segmentationLoss() of micro-batches adds up to the batch's where it is a mean over pixels, weights ${classWeights}`, async () => {
      for (const loss of ofMaps()) {
        const options = TERMS[loss.name]!;
        const whole = await lossOf(loss.name, { ...batch(), classWeights }, options);
        let sum = 0;
        const { logits, labels, ...rest } = batch();
        for (const i of [0, 1]) {
          const part = {
            ...rest,
            logits: tf.slice(logits, [i, 0, 0, 0], [1, -1, -1, -1]),
            labels: tf.slice(labels, [i, 0, 0], [1, -1, -1]),
            batchLabels: labels,
            share: 0.5,
            classWeights,
          };
          sum += await lossOf(loss.name, part, options);
        }
        const isEqual = Math.abs(sum - whole) < 1e-6;
        assert.equal(isEqual, loss.isPixelMean, `${loss.name}: ${sum} of ${whole}`);
      }
    });
  }

  test("segmentationLoss() takes class weights in the terms that say so, and in no other", async () => {
    for (const loss of ofMaps()) {
      const options = TERMS[loss.name]!;
      const plain = await lossOf(loss.name, batch(), options);
      const weighted = await lossOf(loss.name, { ...batch(), classWeights: [1, 2, 9] }, options);
      assert.equal(Math.abs(plain - weighted) > 1e-4, loss.takesClassWeights, loss.name);
      const even = await lossOf(loss.name, { ...batch(), classWeights: [3, 3, 3] }, options);
      near(even, plain, 1e-6);
    }
  });

  test("segmentationLoss() has finite gradients where all logits are 0 and where they are certain", async () => {
    const labels = tf.tensor3d([0, 1, 2, 255], [1, 2, 2], "int32");
    for (const upsampleOrder of ORDERS) {
      for (const factor of [0, 200]) {
        for (const [term, options] of Object.entries({ ...TERMS, focal: { gamma: 0.5 } })) {
          const truth = tf.tensor4d([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0], [1, 2, 2, 3]);
          const terms = [{ loss: segmentationLosses.get(term), weight: 1, options }];
          const given = { labels, valid: 3, temperature: 1, upsampleOrder };
          const gradient = tf.grad((z) =>
            segmentationLoss({ logits: z as tf.Tensor4D, ...given }, terms)
          )(tf.mul(truth, factor));
          for (const value of await gradient.data()) {
            assert.ok(Number.isFinite(value), `${term} at ${factor}`);
          }
        }
      }
    }
  });

  test("segmentationLoss() ohem scales with the mean of what it keeps, and dice with the share of a micro-batch", async () => {
    near(
      await lossOf("ohem", { ...known(), share: 0.5 }, { threshold: 0, minKept: 4 }),
      0.4538,
      1e-4,
    );
    near(await lossOf("dice", { ...known(), share: 0.5 }, { smooth: 0 }), 0.433381 / 2, 2e-6);
  });

  test("segmentationLoss() sums terms and their regularisers", async () => {
    const terms = [
      { loss: segmentationLosses.get("ce"), weight: 1 },
      { loss: segmentationLosses.get("confidence-penalty"), weight: 0.1 },
    ];
    near((await segmentationLoss(known(), terms).data())[0]!, 0.588717, 2e-6);
  });
});
