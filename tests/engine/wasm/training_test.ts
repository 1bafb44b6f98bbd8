import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, describe, test } from "node:test";
import { adamUpdate, sgdUpdate } from "../../../lib/engine/ops/optimizer_updates.ts";
import { batchNormTraining } from "../../../lib/engine/ops/batch_norm.ts";
import { conv2d } from "../../../lib/engine/ops/conv2d.ts";
import { leakyRelu } from "../../../lib/engine/ops/leaky_relu.ts";
import { resizeBilinear } from "../../../lib/engine/ops/resize_bilinear.ts";
import { softmaxCrossEntropy } from "../../../lib/engine/ops/labels.ts";
import { disposeWasmBackend, registerWasmBackend } from "../../../lib/engine/wasm/mod.ts";
import { tensor } from "../../support/wasm_compare.ts";
import { longSkip } from "../../support/long_test.ts";

/**
 * SHA-256 of the weights after 20 steps on the plain build. Every engine, thread count and CPU must
 * give it; a change of a kernel's summation order changes it and must say so.
 */
const HASH = "d7927ae9f37f377d23df0bd694ddfd2c7e69dd01d5b5a39b9b87a74567dbab31";

/** A small network with every kind of kernel that training uses. */
function makeNetwork(size: number): { weights: tf.Variable[]; step: (i: number) => void } {
  const variable = (shape: number[], seed: number): tf.Variable =>
    tf.variable(tf.tidy(() => tf.mul(tensor(shape as [number], seed), 0.2)));
  const shapes = [[3, 3, 3, 16], [16], [3, 3, 16, 24], [24], [24], [24], [4, 4, 24, 20], [20], [
    2,
    2,
    5,
    20,
  ]];
  const weights = shapes.map((shape, i) => variable(shape, i + 1));
  const states = weights.map((w) => [0, 1].map(() => tf.variable(tf.zerosLike(w))));
  const images = tf.keep(tensor<tf.Rank.R4>([2, size, size, 3], 50));
  const labels = tf.keep(
    tf.tensor3d(
      Int32Array.from({ length: 2 * size * size }, (_, i) => i % 11 === 0 ? 255 : (i * 7) % 5),
      [2, size, size],
      "int32",
    ),
  );
  const loss = (): tf.Scalar => {
    const [f1, b1, f2, b2, gamma, beta, f3, b3, f4] = weights as unknown as tf.Tensor4D[];
    const bias = (b: tf.Tensor | undefined): tf.Tensor1D => b as tf.Tensor1D;
    const same = { stride: 1, padding: "same", relu: true } as const;
    let x = conv2d({ x: images, filter: f1!, bias: bias(b1) }, same);
    x = tf.maxPool(x, 2, 2, "same");
    x = conv2d({ x, filter: f2!, bias: bias(b2) }, { ...same, relu: false });
    const normed = { x, gamma: bias(gamma), beta: bias(beta) };
    x = batchNormTraining(normed, { eps: 1e-3, relu: true, leak: 0.2 })[0];
    x = conv2d({ x, filter: f3!, bias: bias(b3) }, { ...same, stride: 2, leak: 0.1 });
    x = leakyRelu(x, 0.3);
    x = tf.conv2dTranspose(x, f4!, [2, size / 2, size / 2, 5], 2, "same");
    const logits = resizeBilinear(x, { height: size, width: size });
    return softmaxCrossEntropy({ logits, labels }, {
      temperature: 0.5,
      scale: 1 / (2 * size * size),
    });
  };
  const step = (i: number): void =>
    tf.tidy(() => {
      const { grads } = tf.variableGrads(loss, weights);
      weights.forEach((weight, j) => {
        const grad = grads[weight.name]!;
        const [a, b] = states[j]! as [tf.Variable, tf.Variable];
        if (j % 2 === 0) {
          sgdUpdate({ weight, velocity: a, grad }, {
            lr: 0.05,
            momentum: 0.9,
            nesterov: false,
            l2: 1e-4,
            decoupled: false,
          });
        } else {
          adamUpdate({ weight, m: a, v: b, grad }, {
            lr: 1e-3,
            beta1: 0.5,
            beta2: 0.999,
            eps: 1e-8,
            step: i + 1,
          });
        }
      });
    });
  return { weights, step };
}

async function hashAfter(steps: number): Promise<string> {
  // Large enough that all Winograd kernels have their part.
  const network = makeNetwork(64);
  for (let i = 0; i < steps; i++) network.step(i);
  const hash = createHash("sha256");
  for (const weight of network.weights) hash.update(new Uint8Array((await weight.data()).buffer));
  return hash.digest("hex");
}

/** Bun ends a test after 5 s, which a busy machine can need. */
const LONG = { timeout: 240_000 };

describe("registerWasmBackend()", () => {
  after(disposeWasmBackend);

  for (const threads of [1, 3]) {
    test(
      `registerWasmBackend() gives the known bits after 20 steps on ${threads} threads, in the plain build`,
      LONG,
      async () => {
        await registerWasmBackend({ threads, deterministic: true });
        await tf.setBackend("wasm");
        assert.equal(await hashAfter(20), HASH);
      },
    );
  }

  test(
    "registerWasmBackend() leaves no tensor and no byte behind after 2,000 steps",
    { ...LONG, skip: longSkip },
    async () => {
      const info = await registerWasmBackend({ threads: 2 });
      await tf.setBackend("wasm");
      const network = makeNetwork(8);
      for (let i = 0; i < 3; i++) network.step(i);
      const [tensors, live, peak] = [tf.memory().numTensors, info.liveBytes(), info.peakBytes()];
      for (let i = 3; i < 2000; i++) network.step(i);
      assert.equal(tf.memory().numTensors, tensors);
      assert.equal(info.liveBytes(), live);
      assert.equal(info.peakBytes(), peak);
    },
  );
});
