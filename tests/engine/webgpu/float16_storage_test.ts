import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { attention } from "../../../lib/engine/ops/attention.ts";
import { batchNormTraining } from "../../../lib/engine/ops/batch_norm.ts";
import { conv2d } from "../../../lib/engine/ops/conv2d.ts";
import { layerNorm } from "../../../lib/engine/ops/layer_norm.ts";
import { withPrecision } from "../../../lib/engine/ops/precision.ts";
import { resizeBilinear } from "../../../lib/engine/ops/resize_bilinear.ts";
import { resizeNearest } from "../../../lib/engine/ops/resize_nearest.ts";
import { record } from "../../../lib/engine/tape.ts";
import { normalTensor } from "../../support/gradients.ts";
import { longSkip } from "../../support/long_test.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

const skip = await noAdapter();
const engine = skip ? null : await import("../../../lib/engine/webgpu/mod.ts");

const same = { stride: 1, padding: "same" } as const;
function image(): tf.Tensor {
  return normalTensor("image", [2, 8, 8, 3]);
}

function maps(name: string): tf.Tensor {
  return normalTensor(name, [2, 8, 8, 8]);
}

function filter(...shape: number[]): tf.Tensor {
  return tf.mul(normalTensor("filter", shape), 0.3);
}

function vector(name: string, n: number): tf.Tensor {
  return normalTensor(name, [n]);
}

/** Ops on operands; the first conv of each gives float16 storage to what follows. */
const OPS: [name: string, operands: () => tf.Tensor[], f: (...xs: tf.Tensor[]) => tf.Tensor][] = [
  [
    "conv2d with ReLU",
    () => [image(), filter(3, 3, 3, 8), vector("bias", 8)],
    (x, w, bias) => conv(x!, { w: w!, bias: bias! }, { ...same, relu: true }),
  ],
  [
    "conv2d /2 of float16 storage",
    () => [maps("x"), filter(4, 4, 8, 12), vector("bias", 12)],
    (x, w, bias) =>
      conv(activation(x!), { w: w!, bias: bias! }, { stride: 2, padding: "same", relu: false }),
  ],
  [
    "conv2d 1×1 to 5 channels",
    () => [maps("x"), filter(1, 1, 8, 5), vector("bias", 5)],
    (x, w, bias) => conv(activation(x!), { w: w!, bias: bias! }, { ...same, relu: false }),
  ],
  [
    "conv2dTranspose",
    () => [maps("x"), filter(4, 4, 8, 8)],
    (x, w) => tf.conv2dTranspose(activation(x!), w as tf.Tensor4D, [2, 16, 16, 8], 2, "same"),
  ],
  [
    "batchNormTraining with ReLU",
    () => [maps("x"), vector("gamma", 8), vector("beta", 8)],
    (x, gamma, beta) =>
      batchNormTraining(
        { x: activation(x!), gamma: gamma as tf.Tensor1D, beta: beta as tf.Tensor1D },
        { eps: 1e-5, relu: true },
      )[0],
  ],
  ["maxPool", () => [maps("x")], (x) => tf.maxPool(activation(x!), 3, 2, "same")],
  [
    "resizeBilinear",
    () => [maps("x")],
    (x) => resizeBilinear(activation(x!), { height: 13, width: 16 }),
  ],
  [
    "add, relu and a scale",
    () => [maps("a"), maps("b")],
    (a, b) => tf.mul(tf.relu(tf.add(activation(a!), activation(b!))), 0.01),
  ],
  [
    "resizeNearest",
    () => [maps("x")],
    (x) => resizeNearest(activation(x!), { factor: 2 }),
  ],
  [
    "concat",
    () => [maps("a"), maps("b")],
    (a, b) => tf.concat([activation(a!), activation(b!), b!], -1),
  ],
  [
    "layerNorm",
    () => [maps("x"), vector("gamma", 8), vector("beta", 8)],
    (x, gamma, beta) =>
      layerNorm(
        { x: activation(x!), gamma: gamma as tf.Tensor1D, beta: beta as tf.Tensor1D },
        { eps: 1e-5 },
      ),
  ],
  [
    "attention",
    () => [maps("q"), maps("k"), maps("v")],
    (...xs) => {
      const [q, k, v] = xs.map((x) => tf.reshape(activation(x), [2, 64, 8]) as tf.Tensor3D);
      return attention({ q: q!, k: k!, v: v! }, { heads: 2 });
    },
  ],
  ["an op of tfjs", () => [maps("x")], (x) => tf.sigmoid(activation(x!))],
];

function conv(
  x: tf.Tensor,
  weights: { w: tf.Tensor; bias: tf.Tensor },
  options: Parameters<typeof conv2d>[1],
): tf.Tensor4D {
  const { w, bias } = weights;
  const inputs = { x: x as tf.Tensor4D, filter: w as tf.Tensor4D, bias: bias as tf.Tensor1D };
  return conv2d(inputs, options);
}

/** The identity as a convolution: its result is in float16 storage where the pass is mixed. */
function activation(x: tf.Tensor): tf.Tensor4D {
  const channels = x.shape[3]!;
  const w = tf.reshape(tf.eye(channels), [1, 1, channels, channels]);
  return conv(x, { w, bias: tf.zeros([channels]) }, { ...same, relu: false });
}

/** ‖a − b‖ / ‖b‖. */
async function distance(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  const [ratio] = await tf.tidy(() => tf.div(tf.norm(tf.sub(a, b)), tf.norm(b))).data();
  return ratio!;
}

describe("withPrecision()", { skip }, () => {
  before(async () => void await engine!.registerWebgpuBackend());
  after(() => engine!.disposeWebgpuBackend());

  for (const native of [true, false]) {
    const how = native ? "shader-f16" : "pack2x16float";

    /** Chooses the kind of binding, or says why it cannot be tried here. */
    const reasonAgainst = (): string | null => {
      const { training } = engine!.trainingBackend();
      if (native && !training.features.includes("shader-f16")) return "no shader-f16 here";
      engine!.trainingBackend().nativeFloat16 = native;
      return null;
    };

    for (const [name, make, f] of OPS) {
      const left = native ? false : longSkip; // other bindings of the same kernels
      test(`withPrecision() keeps ${name} by ${how} to three digits`, { skip: left }, async (t) => {
        const reason = reasonAgainst();
        if (reason !== null) return t.skip(reason);
        const operands = make();
        const run = (precision: "f32" | "mixed") => {
          const forward = withPrecision(precision, () => record(() => f(...operands)));
          const dy = normalTensor("dy", forward.value.shape);
          const gradients = withPrecision(precision, () => forward.backward(dy, operands));
          return [forward.value, ...gradients as tf.Tensor[]];
        };
        const [expected, actual] = [run("f32"), run("mixed")];
        const errors = await Promise.all(actual.map((t, i) => distance(t, expected[i]!)));
        // A 16-bit float has 11 bits: 2⁻¹¹ ≈ 5e-4 a rounding, at most four in a chain here. A
        // ReLU or a maximum that is decided otherwise changes single gradients by more.
        const tolerance = /ReLU|relu|maxPool/.test(name) ? 5e-2 : 2e-3;
        assert(errors.every((error) => error < tolerance), `off by ${errors}`);
        assert(errors.some((error) => error > 1e-6), "nothing was in float16 storage");
        await engine!.trainingBackend().training.errors.check();
      });
    }

    test(`withPrecision() by ${how} shows an overflow as a value that is not finite`, async (t) => {
      const reason = reasonAgainst();
      if (reason !== null) return t.skip(reason);
      const y = withPrecision("mixed", () => activation(tf.fill([1, 1, 1, 4], 1e5)));
      assert((await y.data()).every((value) => !Number.isFinite(value)));
    });
  }
});

describe("newActivation()", { skip }, () => {
  before(async () => void await engine!.registerWebgpuBackend());
  after(() => engine!.disposeWebgpuBackend());

  test("newActivation() takes half the bytes, until a read converts it to float32", async () => {
    const backend = engine!.trainingBackend();
    const x = tf.relu(normalTensor("x", [4, 16, 16, 64]));
    const used = () => backend.buffers.numBytesUsed;
    const size = 4 * x.size;
    const start = used();
    const y = withPrecision("mixed", () => tf.tidy(() => activation(x)));
    assert(backend.isFloat16(y) && used() - start < 0.6 * size);
    const values = await y.data();
    assert(!backend.isFloat16(y) && used() - start >= size);
    const exact = await x.data();
    // Eleven bits, rounded to the nearest; below 6e-5 steps of 6e-8.
    values.forEach((value, i) => {
      assert(Math.abs(value - exact[i]!) <= 2 ** -11 * exact[i]! + 2 ** -25);
    });
    tf.dispose([x, y]);
  });

  test("newActivation() is float32 where channels are no multiple of four", () => {
    const backend = engine!.trainingBackend();
    const make = (c: number) =>
      withPrecision("mixed", () => tf.tidy(() => activation(tf.ones([1, 2, 2, c]))));
    assert.equal(backend.isFloat16(make(6)), false);
    assert.equal(backend.isFloat16(make(8)), true);
    assert.equal(backend.isFloat16(tf.tidy(() => activation(tf.ones([1, 2, 2, 8])))), false);
  });
});
