import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { adamUpdate, sgdUpdate } from "../../../lib/engine/ops/optimizer_updates.ts";
import { batchNormTraining } from "../../../lib/engine/ops/batch_norm.ts";
import { conv2d } from "../../../lib/engine/ops/conv2d.ts";
import { leakyRelu } from "../../../lib/engine/ops/leaky_relu.ts";
import { oneHot, softmaxCrossEntropy } from "../../../lib/engine/ops/labels.ts";
import { resizeBilinear } from "../../../lib/engine/ops/resize_bilinear.ts";
import { record } from "../../../lib/engine/tape.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import {
  assertGradient,
  assertNoLeak,
  normalTensor,
  relativeError,
} from "../../support/gradients.ts";

for (const backend of ["cpu", "wasm"] as const) {
  describe(`ops on ${backend}`, () => {
    before(async () => {
      await useBackend({ backend, threads: 1 });
    });

    const vector = (name: string, n: number) => normalTensor(name, [n]) as tf.Tensor1D;

    const shapes = [
      { size: [2, 7, 6, 3], kernel: 3, stride: 1, padding: "same" },
      { size: [1, 8, 9, 4], kernel: 4, stride: 2, padding: "same" },
      { size: [2, 6, 5, 2], kernel: 3, stride: 2, padding: "valid" },
    ] as const;
    for (const { size, kernel, stride, padding } of shapes) {
      for (const leak of [null, 0, 0.2]) {
        const relu = leak !== null;
        const end = relu ? ` with ReLU of slope ${leak}` : "";
        const what = `${kernel}x${kernel}/${stride} ${padding}${end}`;
        test(`conv2d() ${what} has the values and gradients of tfjs ops`, async () => {
          const operands = [
            normalTensor("x", [...size]),
            normalTensor("filter", [kernel, kernel, size[3], 5]),
            vector("bias", 5),
          ] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D];
          const own = (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) =>
            conv2d({ x, filter, bias }, { stride, padding, relu, leak: leak ?? 0 });
          const composed = (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) => {
            const y = tf.add(tf.conv2d(x, filter, stride, padding), bias);
            return relu ? tf.leakyRelu(y, leak) : y;
          };
          const y = own(...operands);
          assert.ok(await relativeError(y, composed(...operands)) < 1e-5);
          const dy = normalTensor("dy", y.shape);
          const expected = tf.grads(composed as (...xs: tf.Tensor[]) => tf.Tensor)(operands, dy);
          const actual = record(() => own(...operands)).backward(dy, operands);
          for (const [i, gradient] of actual.entries()) {
            assert.ok(await relativeError(gradient!, expected[i]!) < 1e-5);
          }
          assertNoLeak(() => own(...operands));
        });
      }
    }

    for (const leak of [null, 0, 0.2]) {
      const relu = leak !== null;
      test(`batchNormTraining()${relu ? ` with ReLU of slope ${leak}` : ""} has the right gradients`, async () => {
        const [x, gamma, beta] = [normalTensor("x", [2, 3, 5, 4]), vector("g", 4), vector("b", 4)];
        const run = (operands: { x: tf.Tensor; gamma: tf.Tensor; beta: tf.Tensor }) =>
          batchNormTraining(operands as Parameters<typeof batchNormTraining>[0], {
            eps: 1e-5,
            relu,
            leak: leak ?? 0,
          })[0];
        // A ReLU's kink may lie between the two ends of a difference.
        const tolerance = relu ? 5e-2 : 1e-2;
        await assertGradient((t) => run({ x: t, gamma, beta }), x, { tolerance });
        await assertGradient((t) => run({ x, gamma: t, beta }), gamma, { tolerance });
        await assertGradient((t) => run({ x, gamma, beta: t }), beta, { tolerance });
      });
    }

    test("batchNormTraining() returns biased statistics and leaks nothing", async () => {
      const x = tf.tensor4d([1, 2, 3, 6], [1, 2, 2, 1]);
      const operands = {
        x,
        gamma: tf.ones([1]) as tf.Tensor1D,
        beta: tf.zeros([1]) as tf.Tensor1D,
      };
      const [, mean, variance] = batchNormTraining(operands, { eps: 0 });
      assert.equal((await mean.data())[0], 3);
      assert.equal((await variance.data())[0], 3.5);
      assertNoLeak(() => batchNormTraining(operands, { eps: 0 }));
    });

    for (const [from, to] of [[[3, 4], [12, 8]], [[4, 5], [7, 3]], [[1, 2], [32, 64]]] as const) {
      for (const alignCorners of [false, true]) {
        const title = `${from} to ${to}, alignCorners ${alignCorners}`;
        test(`resizeBilinear() ${title} has the right gradient`, async () => {
          const x = normalTensor("x", [2, ...from, 3]);
          const size = { height: to[0], width: to[1], alignCorners };
          await assertGradient((t) => resizeBilinear(t as tf.Tensor4D, size), x);
        });
      }
    }

    test("resizeBilinear() with alignCorners puts the first and last pixel where they were", async () => {
      const x = tf.tensor4d([0, 3], [1, 1, 2, 1]);
      const y = resizeBilinear(x, { height: 1, width: 4, alignCorners: true });
      assert.deepEqual([...await y.data()], [0, 1, 2, 3]);
    });

    test("resizeBilinear() clamps at the edges", async () => {
      const x = tf.tensor4d([0, 4], [1, 2, 1, 1]);
      const y = resizeBilinear(x, { height: 4, width: 1 });
      assert.deepEqual([...await y.data()], [0, 1, 3, 4]);
      assertNoLeak(() => resizeBilinear(x, { height: 4, width: 1 }));
    });

    const makeLabels = () => tf.tensor3d([0, 1, 255, 2, 2, 1], [1, 2, 3], "int32");
    test("softmaxCrossEntropy() has the right gradient and skips ignored pixels", async () => {
      const logits = normalTensor("logits", [1, 2, 3, 3]) as tf.Tensor4D;
      const labels = makeLabels();
      const options = { temperature: 0.5, scale: 0.2 };
      const loss = (t: tf.Tensor) =>
        softmaxCrossEntropy({ logits: t as tf.Tensor4D, labels }, options);
      await assertGradient(loss, logits);
      const [d] = record(() => loss(logits)).backward(tf.scalar(1), [logits]);
      assert.deepEqual([...(await d!.data()).slice(6, 9)].map(Math.abs), [0, 0, 0]);
      assertNoLeak(() => loss(logits));
    });

    test("softmaxCrossEntropy() gives the thesis' worked example at three temperatures", async () => {
      const logits = tf.tensor4d([0, 7.34, 8, 7.27, 0, 0], [1, 1, 1, 6]);
      const truth = tf.tensor3d([2], [1, 1, 1], "int32");
      for (const [temperature, expected] of [[1, "0.693"], [0.5, "0.405"], [2, "0.903"]] as const) {
        const loss = softmaxCrossEntropy({ logits, labels: truth }, { temperature, scale: 1 });
        assert.equal((await loss.data())[0]!.toFixed(3), expected);
      }
    });

    test("softmaxCrossEntropy() stays finite for huge logits", async () => {
      const logits = tf.tensor4d([1e4, -1e4, 0], [1, 1, 1, 3]);
      const truth = tf.tensor3d([1], [1, 1, 1], "int32");
      const loss = softmaxCrossEntropy({ logits, labels: truth }, { temperature: 1, scale: 1 });
      assert.equal((await loss.data())[0], 2e4);
    });

    test("oneHot() gives float ones, and zeros for labels outside the classes", async () => {
      const maps = oneHot(tf.tensor2d([[0, 255], [2, 3]], [2, 2], "int32"), 3);
      assert.deepEqual(maps.shape, [2, 2, 3]);
      assert.deepEqual([...await maps.data()], [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    });

    test("leakyRelu() has the right gradient", async () => {
      const x = tf.tensor([-2, -0.5, 0.5, 3, -1, 2], [1, 2, 3, 1]);
      await assertGradient((t) => leakyRelu(t, 0.2), x);
      assertNoLeak(() => leakyRelu(x, 0.2));
    });

    /** The formulas of the kernels' contract in float64. */
    const cases = [
      { momentum: 0.9, nesterov: false, l2: 0.1, decoupled: false },
      { momentum: 0.9, nesterov: true, l2: 0.1, decoupled: false },
      { momentum: 0.5, nesterov: false, l2: 0.1, decoupled: true },
    ];
    for (const settings of cases) {
      test(`sgdUpdate() follows its formula with ${JSON.stringify(settings)}`, async () => {
        const { momentum, nesterov, l2, decoupled } = settings;
        const grads = [[1, -2, 3], [0.5, 0.25, -1]];
        const weight = tf.variable(tf.tensor1d([1, 2, 3]));
        const velocity = tf.variable(tf.zeros([3]));
        const w = [1, 2, 3];
        const v = [0, 0, 0];
        for (const step of grads) {
          const grad = tf.tensor1d(step);
          assertNoLeak(() =>
            sgdUpdate({ weight, velocity, grad }, { ...settings, lr: 0.1 }) as never
          );
          for (let i = 0; i < 3; i++) {
            const g = step[i]! + (decoupled ? 0 : l2 * w[i]!);
            v[i] = momentum * v[i]! + g;
            const move = 0.1 * (nesterov ? g + momentum * v[i]! : v[i]!);
            w[i] = w[i]! - move - (decoupled ? 0.1 * l2 * w[i]! : 0);
          }
        }
        (await weight.data()).forEach((x, i) => assert.ok(Math.abs(x - w[i]!) < 1e-6));
      });
    }

    test("sgdUpdate() leaves clones of the weight alone, and every tfjs op reads the new weight", async () => {
      const plain = { lr: 0.5, momentum: 0, nesterov: false, l2: 0, decoupled: false };
      const operations: [string, number[], (w: tf.Tensor) => tf.Tensor][] = [
        ["matMul", [16, 16], (w) => tf.matMul(tf.ones([4, 16]), w)],
        [
          "depthwiseConv2d",
          [3, 3, 4, 1],
          (w) => tf.depthwiseConv2d(tf.ones<tf.Rank.R4>([1, 8, 8, 4]), w as tf.Tensor4D, 1, "same"),
        ],
        [
          "conv2d",
          [3, 3, 4, 4],
          (w) => tf.conv2d(tf.ones<tf.Rank.R4>([1, 8, 8, 4]), w as tf.Tensor4D, 1, "same"),
        ],
        ["prelu", [8], (w) => tf.prelu(tf.fill([4, 8], -1), w)],
      ];
      for (const [name, shape, run] of operations) {
        const weight = tf.variable(tf.ones(shape));
        const velocity = tf.variable(tf.zeros(shape));
        const clone = weight.clone();
        const before = (await run(weight).data())[0]!; // the WASM kernels of tfjs pack the weight here
        sgdUpdate({ weight, velocity, grad: tf.ones(shape) }, plain);
        sgdUpdate({ weight, velocity, grad: tf.zeros(shape) }, plain); // no clone: in place
        assert.equal((await run(weight).data())[0], before / 2, name);
        sgdUpdate({ weight, velocity, grad: tf.fill(shape, -1) }, plain);
        assert.equal((await run(weight).data())[0], before, name);
        assert.equal((await clone.data())[0], 1, name);
      }
    });

    test("adamUpdate() follows its formula", async () => {
      const [weight, m, v] = [[1, 2, 3], [0, 0, 0], [0, 0, 0]].map((x) =>
        tf.variable(tf.tensor1d(x))
      );
      const w = [1, 2, 3];
      const [first, second] = [[0, 0, 0], [0, 0, 0]];
      for (const [t, step] of [[1, -2, 1e-3], [0.5, 0.25, -1]].entries()) {
        const grad = tf.tensor1d(step);
        const options = { lr: 0.1, beta1: 0.5, beta2: 0.999, eps: 1e-8, step: t + 1 };
        adamUpdate({ weight: weight!, m: m!, v: v!, grad }, options);
        for (let i = 0; i < 3; i++) {
          first![i] = 0.5 * first![i]! + 0.5 * step[i]!;
          second![i] = 0.999 * second![i]! + 0.001 * step[i]! ** 2;
          const mean = first![i]! / (1 - 0.5 ** (t + 1));
          const spread = Math.sqrt(second![i]! / (1 - 0.999 ** (t + 1)));
          w[i] = w[i]! - 0.1 * mean / (spread + 1e-8);
        }
      }
      (await weight!.data()).forEach((x, i) => assert.ok(Math.abs(x - w[i]!) < 1e-5));
    });
  });
}
