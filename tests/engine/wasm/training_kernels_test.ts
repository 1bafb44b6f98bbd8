import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { adamUpdate, sgdUpdate } from "../../../lib/engine/ops/optimizer_updates.ts";
import { batchNormTraining } from "../../../lib/engine/ops/batch_norm.ts";
import * as kernels from "../../../lib/engine/ops/kernels.ts";
import { leakyRelu } from "../../../lib/engine/ops/leaky_relu.ts";
import { resizeBilinear } from "../../../lib/engine/ops/resize_bilinear.ts";
import { resizeNearest } from "../../../lib/engine/ops/resize_nearest.ts";
import { softmaxCrossEntropy } from "../../../lib/engine/ops/labels.ts";
import { disposeWasmBackend, registerWasmBackend } from "../../../lib/engine/wasm/mod.ts";
import { assertSameAsCpu, on, relativeError, tensor } from "../../support/wasm_compare.ts";

const size = fc.integer({ min: 1, max: 17 });
const maps = fc.record({
  b: fc.integer({ min: 1, max: 5 }),
  h: size,
  w: size,
  c: fc.integer({ min: 1, max: 70 }),
});

/** Bun ends a test after 5 s, which a busy machine can need. */
const LONG = { timeout: 240_000 };

/** Batches that the device unpacks, what mixed precision needs, and what is composed of stock ops. */
const NOT_ON_WASM = new Set([
  "SegadvCheckGradients",
  "SegadvLovaszExtension",
  "SegadvSgdUpdateIf",
  "SegadvUnpackBatch",
]);

describe("ops on WASM", () => {
  before(async () => void await registerWasmBackend({ threads: 2 }));
  after(disposeWasmBackend);

  test("registerWasmBackend() offers every training kernel", () => {
    const names = Object.values(kernels).filter((value) =>
      typeof value === "string" && !NOT_ON_WASM.has(value)
    ) as string[];
    assert.ok(names.length >= 10);
    for (const name of names) assert.ok(tf.getKernel(name, "wasm"), name);
  });

  test("batchNormTraining() and its gradients equal cpu, whatever the ReLU", LONG, async () => {
    const ends = fc.constantFrom({ relu: false }, { relu: true }, { relu: true, leak: 0.2 });
    await fc.assert(
      fc.asyncProperty(maps, ends, async ({ b, h, w, c }, end) => {
        // A single value has no spread: its gradient is all rounding.
        if (b * h * w < 4) return;
        await assertSameAsCpu(() => {
          const x = tf.add(tf.mul(tensor([b, h, w, c], 1), 3), 5);
          const gamma = tensor([c], 2);
          const beta = tensor([c], 3);
          const run = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor =>
            batchNormTraining({
              x: x as tf.Tensor4D,
              gamma: gamma as tf.Tensor1D,
              beta: beta as tf.Tensor1D,
            }, { eps: 1e-3, ...end })[0];
          const outputs = batchNormTraining({
            x: x as tf.Tensor4D,
            gamma: gamma as tf.Tensor1D,
            beta: beta as tf.Tensor1D,
          }, { eps: 1e-3, ...end });
          const weights = tensor([b, h, w, c], 4);
          return [...outputs, ...tf.grads(run)([x, gamma, beta], weights)];
        }, { tolerance: 1e-4, label: JSON.stringify({ b, h, w, c, end }) });
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test("batchNormTraining() keeps its precision when the mean is far from zero", LONG, async () => {
    const body = (): tf.Tensor[] => {
      const x = tf.add(tensor([4, 40, 40, 5], 1), 1000) as tf.Tensor4D;
      return batchNormTraining({ x, gamma: tf.ones([5]), beta: tf.zeros([5]) }, { eps: 0 });
    };
    const [, mean, variance] = await on("wasm", body);
    const x = (await on("wasm", () => tf.add(tensor([4, 40, 40, 5], 1), 1000)))[0]!;
    for (let c = 0; c < 5; c++) {
      const values = [...x].filter((_, i) => i % 5 === c);
      const m = values.reduce((a, b) => a + b, 0) / values.length;
      const v = values.reduce((a, b) => a + (b - m) ** 2, 0) / values.length;
      assert.ok(Math.abs(mean![c]! - m) < 1e-4);
      assert.ok(Math.abs(variance![c]! / v - 1) < 1e-4, `${variance![c]} ${v}`);
    }
  });

  test("softmaxCrossEntropy() equals a float64 reference in loss and gradient", LONG, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.constantFrom(0.5, 1, 2),
        async (c, n, temperature) => {
          const scale = 1 / n;
          const z = (await on("cpu", () => tf.mul(tensor([n, c], 7), 20)))[0]!;
          const labels = Int32Array.from({ length: n }, (_, i) => i % 7 === 3 ? 255 : i % c);
          const [loss, gradient] = await on("wasm", () => {
            const logits = tf.tensor4d(z, [1, 1, n, c]);
            const target = tf.tensor3d(labels, [1, 1, n], "int32");
            const { value, grad } = tf.valueAndGrad((l: tf.Tensor) =>
              softmaxCrossEntropy({ logits: l as tf.Tensor4D, labels: target }, {
                temperature,
                scale,
              })
            )(logits);
            return [value, grad];
          });
          let expected = 0;
          for (let i = 0; i < n; i++) {
            const row = [...z.subarray(i * c, i * c + c)].map((v) => v / temperature);
            const top = Math.max(...row);
            const sum = row.reduce((a, v) => a + Math.exp(v - top), 0);
            const label = labels[i]!;
            if (label < c) expected += scale * (Math.log(sum) - row[label]! + top);
            for (let k = 0; k < c; k++) {
              const p = Math.exp(row[k]! - top) / sum;
              const d = label < c ? scale / temperature * (p - (k === label ? 1 : 0)) : 0;
              assert.ok(Math.abs(gradient![i * c + k]! - d) < 1e-6 * scale * 10, `${i} ${k}`);
            }
          }
          assert.ok(Math.abs(loss![0]! - expected) <= 2e-6 * Math.max(0.1, expected));
        },
      ),
      { numRuns: 25, seed: 2 },
    );
  });

  test("softmaxCrossEntropy() lets a NaN through and counts no ignored pixel", LONG, async () => {
    const run = (z: number, label: number): Promise<Float32Array[]> =>
      on("wasm", () =>
        softmaxCrossEntropy({
          logits: tf.tensor4d([z, 1, 2], [1, 1, 1, 3]),
          labels: tf.tensor3d([label], [1, 1, 1], "int32"),
        }, { temperature: 1, scale: 1 }));
    assert.ok(Number.isNaN((await run(NaN, 1))[0]![0]));
    assert.equal((await run(5, 255))[0]![0], 0);
    assert.equal((await run(5, -1))[0]![0], 0);
  });

  test("conv2d() has bias gradients that sum what the ReLU let through", LONG, async () => {
    await fc.assert(
      fc.asyncProperty(maps, async ({ b, h, w, c }) => {
        const label = JSON.stringify({ b, h, w, c });
        const inputs = (): { dy: tf.Tensor; y: tf.Tensor } => ({
          dy: tensor([b, h, w, c], 1),
          y: tf.relu(tensor([b, h, w, c], 2)),
        });
        const expected = await on("cpu", () => {
          const { dy, y } = inputs();
          const masked = tf.mul(dy, tf.cast(tf.greater(y, 0), "float32"));
          const leaky = tf.mul(dy, tf.add(tf.cast(tf.greater(y, 0.1), "float32"), 1).mul(0.5));
          const sums = [masked, dy].map((t) => tf.sum(t, [0, 1, 2]));
          return [masked, ...sums, leaky, tf.sum(leaky, [0, 1, 2])];
        });
        const actual = await on("wasm", () => {
          const { dy, y } = inputs();
          const fused = tf.engine().runKernel(kernels.BIAS_RELU_GRAD, { dy, y });
          const name = kernels.BIAS_LEAKY_RELU_GRAD;
          const leaky = tf.engine().runKernel(name, { dy, y: tf.sub(y, 0.1) }, { alpha: 0.5 });
          const plain = tf.engine().runKernel(kernels.BIAS_GRAD, { dy });
          return [fused, plain, leaky].flat() as unknown as tf.Tensor[];
        });
        for (const i of [0, 3]) assert.equal(relativeError(actual[i]!, expected[i]!), 0, label);
        for (const i of [1, 2, 4]) assert.ok(relativeError(actual[i]!, expected[i]!) < 1e-5, label);
      }),
      { numRuns: 40, seed: 9 },
    );
  });

  test("movingAverage() updates in place, whatever the size", LONG, async () => {
    for (const n of [1, 3, 4, 70, 40001]) {
      const [moved, old, batch] = await on("wasm", () => {
        const moving = tensor([n], 1);
        const before = tf.add(moving, 0);
        const batch = tensor([n], 2);
        tf.engine().runKernel(kernels.MOVING_AVERAGE, { moving, batch }, { momentum: 0.9 });
        return [moving, before, batch];
      });
      const expected = old!.map((v, i) => v + (1 - 0.9) * (batch![i]! - v));
      assert.ok(relativeError(moved!, expected) < 1e-6, `${n}`);
    }
  });

  test("leakyRelu() and its gradient equal cpu", LONG, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70000 }), async (n) => {
        await assertSameAsCpu(() => {
          const x = tensor<tf.Rank.R1>([n], 1);
          const grad = tf.grad((a: tf.Tensor) => leakyRelu(a, 0.2))(x, tensor([n], 2));
          return [leakyRelu(x, 0.2), grad, tf.leakyRelu(x, 0.1)];
        });
      }),
      { numRuns: 20, seed: 6 },
    );
  });

  test("resizeBilinear() and its gradient equal cpu for any pair of sizes", LONG, async () => {
    await fc.assert(
      fc.asyncProperty(maps, size, size, fc.boolean(), async ({ b, h, w, c }, ...to) => {
        const [height, width, alignCorners] = to;
        await assertSameAsCpu(() => {
          const x = tensor<tf.Rank.R4>([b, h, w, c], 1);
          const run = (a: tf.Tensor): tf.Tensor =>
            resizeBilinear(a as tf.Tensor4D, { height, width, alignCorners });
          return [run(x), tf.grad(run)(x, tensor([b, height, width, c], 2))];
        }, { label: JSON.stringify({ b, h, w, c, height, width, alignCorners }) });
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  test("resizeNearest() and its gradient equal cpu", LONG, async () => {
    await fc.assert(
      fc.asyncProperty(maps, fc.integer({ min: 1, max: 4 }), async ({ b, h, w, c }, factor) => {
        await assertSameAsCpu(() => {
          const x = tensor<tf.Rank.R4>([b, h, w, c], 1);
          const run = (a: tf.Tensor): tf.Tensor => resizeNearest(a as tf.Tensor4D, { factor });
          return [run(x), tf.grad(run)(x, tensor([b, factor * h, factor * w, c], 2))];
        }, { label: JSON.stringify({ b, h, w, c, factor }) });
      }),
      { numRuns: 30, seed: 9 },
    );
  });

  test(
    "resizeBilinear() and its gradient equal cpu where a row is worked on in parts",
    LONG,
    async () => {
      for (const [w, width, c] of [[3, 700, 41], [400, 50, 60], [2, 5, 9001]] as const) {
        await assertSameAsCpu(() => {
          const x = tensor<tf.Rank.R4>([1, 3, w, c], 1);
          const run = (a: tf.Tensor): tf.Tensor =>
            resizeBilinear(a as tf.Tensor4D, { height: 5, width });
          return [run(x), tf.grad(run)(x, tensor([1, 5, width, c], 2))];
        }, { label: `${w} to ${width}` });
      }
    },
  );

  test(
    "sgdUpdate() and adamUpdate equal cpu over five steps, whatever the size",
    LONG,
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 70000 }),
          fc.boolean(),
          fc.boolean(),
          async (n, nesterov, decoupled) => {
            await assertSameAsCpu(() => {
              const make = (seed: number): tf.Variable => tf.variable(tensor([n], seed));
              const sgd = { weight: make(1), velocity: make(2) };
              const adam = { weight: make(3), m: make(4), v: tf.variable(tf.abs(make(5))) };
              for (let step = 1; step <= 5; step++) {
                const grad = tensor([n], 10 + step);
                sgdUpdate({ ...sgd, grad }, {
                  lr: 0.1,
                  momentum: 0.9,
                  nesterov,
                  l2: 1e-2,
                  decoupled,
                });
                adamUpdate({ ...adam, grad }, {
                  lr: 1e-2,
                  beta1: 0.5,
                  beta2: 0.999,
                  eps: 1e-8,
                  step,
                });
              }
              const results = [...Object.values(sgd), ...Object.values(adam)].map((t) => t.clone());
              tf.dispose([sgd, adam]);
              return results;
            });
          },
        ),
        { numRuns: 12, seed: 8 },
      );
    },
  );
});
