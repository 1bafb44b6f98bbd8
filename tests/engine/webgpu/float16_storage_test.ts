import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { batchNormTraining } from "../../../lib/engine/ops/batch_norm.ts";
import { conv2d } from "../../../lib/engine/ops/conv2d.ts";
import { withPrecision } from "../../../lib/engine/ops/precision.ts";
import { resizeBilinear } from "../../../lib/engine/ops/resize_bilinear.ts";
import { record } from "../../../lib/engine/tape.ts";
import type { WgslKernel } from "../../../lib/engine/webgpu/dispatch.ts";
import { isHalf, withHalves } from "../../../lib/engine/webgpu/float16_storage.ts";
import { normalTensor } from "../../support/gradients.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

const skip = await noAdapter();
const engine = skip ? null : await import("../../../lib/engine/webgpu/mod.ts");

const KERNEL: WgslKernel = {
  key: "example",
  uniforms: [],
  reads: [["x", "vec4<f32>"], ["y", "vec4<f32>"], ["dx", "f32"]],
  writes: [["out", "vec4<f32>"]],
  wgsl: () => ({
    globals: "fn at(y: u32) -> vec4<f32> { return x[(y + u32(dx[y])) * 2u]; }",
    main: "let z = at(1u).x; if (y[0].x == z) { out[i] = y[i] + x[i]; }",
  }),
};

describe("withHalves()", () => {
  test("withHalves() converts each access to the named tensors and no other", () => {
    const { globals, main } = withHalves(KERNEL, { names: ["x", "out"], native: true }).wgsl({
      subgroup: 0,
    });
    assert(globals!.includes("return fromHalf(x[(y + u32(dx[y])) * 2u]);"));
    assert.equal(
      main,
      "let z = at(1u).x; if (y[0].x == z) { out[i] = toHalf(y[i] + fromHalf(x[i])); }",
    );
  });

  test("withHalves() is a kernel of its own, by its key and what it binds", () => {
    const packed = withHalves(KERNEL, { names: ["y"], native: false });
    const native = withHalves(KERNEL, { names: ["y"], native: true });
    assert.deepEqual(packed.reads.map(([, type]) => type), ["vec4<f32>", "vec2<u32>", "f32"]);
    assert.deepEqual(native.reads.map(([, type]) => type), ["vec4<f32>", "vec4<f16>", "f32"]);
    assert.equal(new Set([packed.key, native.key, KERNEL.key]).size, 3);
    assert.equal(withHalves(KERNEL, { names: [], native: true }), KERNEL);
  });
});

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

/** Ops on operands; the first conv of each makes halves for what follows. */
const OPS: [name: string, operands: () => tf.Tensor[], f: (...xs: tf.Tensor[]) => tf.Tensor][] = [
  [
    "conv2d with ReLU",
    () => [image(), filter(3, 3, 3, 8), vector("bias", 8)],
    (x, w, bias) => conv(x!, { w: w!, bias: bias! }, { ...same, relu: true }),
  ],
  [
    "conv2d /2 of halves",
    () => [maps("x"), filter(4, 4, 8, 12), vector("bias", 12)],
    (x, w, bias) =>
      conv(halves(x!), { w: w!, bias: bias! }, { stride: 2, padding: "same", relu: false }),
  ],
  [
    "conv2d 1×1 to 5 channels",
    () => [maps("x"), filter(1, 1, 8, 5), vector("bias", 5)],
    (x, w, bias) => conv(halves(x!), { w: w!, bias: bias! }, { ...same, relu: false }),
  ],
  [
    "conv2dTranspose",
    () => [maps("x"), filter(4, 4, 8, 8)],
    (x, w) => tf.conv2dTranspose(halves(x!), w as tf.Tensor4D, [2, 16, 16, 8], 2, "same"),
  ],
  [
    "batchNormTraining with ReLU",
    () => [maps("x"), vector("gamma", 8), vector("beta", 8)],
    (x, gamma, beta) =>
      batchNormTraining(
        { x: halves(x!), gamma: gamma as tf.Tensor1D, beta: beta as tf.Tensor1D },
        { eps: 1e-5, relu: true },
      )[0],
  ],
  ["maxPool", () => [maps("x")], (x) => tf.maxPool(halves(x!), 3, 2, "same")],
  [
    "resizeBilinear",
    () => [maps("x")],
    (x) => resizeBilinear(halves(x!), { height: 13, width: 16 }),
  ],
  [
    "add, relu and a scale",
    () => [maps("a"), maps("b")],
    (a, b) => tf.mul(tf.relu(tf.add(halves(a!), halves(b!))), 0.01),
  ],
  ["a stock op", () => [maps("x")], (x) => tf.sigmoid(halves(x!))],
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

/** The identity as a convolution: its result is stored in halves where the pass is mixed. */
function halves(x: tf.Tensor): tf.Tensor4D {
  const channels = x.shape[3]!;
  const w = tf.reshape(tf.eye(channels), [1, 1, channels, channels]);
  return conv(x, { w, bias: tf.zeros([channels]) }, { ...same, relu: false });
}

/** ‖a − b‖ / ‖b‖. */
async function distance(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  const [ratio] = await tf.tidy(() => tf.div(tf.norm(tf.sub(a, b)), tf.norm(b))).data();
  return ratio!;
}

describe("mixed precision", { skip }, () => {
  before(async () => void await engine!.registerWebgpuBackend());
  after(() => engine!.disposeWebgpuBackend());

  for (const native of [true, false]) {
    const how = native ? "shader-f16" : "pack2x16float";

    /** Chooses the way of halves, or says why it cannot be tried here. */
    const reasonAgainst = (): string | null => {
      const { training } = engine!.trainingBackend();
      if (native && !training.features.includes("shader-f16")) return "no shader-f16 here";
      engine!.trainingBackend().nativeHalves = native;
      return null;
    };

    for (const [name, make, f] of OPS) {
      test(`withPrecision() keeps ${name} by ${how} to three digits`, async (t) => {
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
        // A half has 11 bits: 2⁻¹¹ ≈ 5e-4 a rounding, of which a chain here has at most four. A
        // ReLU or a maximum that falls the other way moves single gradients by more.
        const tolerance = /ReLU|relu|maxPool/.test(name) ? 5e-2 : 2e-3;
        assert(errors.every((error) => error < tolerance), `off by ${errors}`);
        assert(errors.some((error) => error > 1e-6), "nothing was in halves");
        await engine!.trainingBackend().training.errors.check();
      });
    }

    test(`withPrecision() by ${how} shows an overflow as a value that is not finite`, async (t) => {
      const reason = reasonAgainst();
      if (reason !== null) return t.skip(reason);
      const y = withPrecision("mixed", () => halves(tf.fill([1, 1, 1, 4], 1e5)));
      assert((await y.data()).every((value) => !Number.isFinite(value)));
    });
  }
});

describe("newActivation()", { skip }, () => {
  before(async () => void await engine!.registerWebgpuBackend());
  after(() => engine!.disposeWebgpuBackend());

  test("newActivation() takes half the bytes, until a stock op or a read widens it", async () => {
    const backend = engine!.trainingBackend();
    const x = tf.relu(normalTensor("x", [4, 16, 16, 64]));
    const used = () => backend.buffers.numBytesUsed;
    const size = 4 * x.size;
    const start = used();
    const y = withPrecision("mixed", () => tf.tidy(() => halves(x)));
    assert(isHalf(backend, y) && used() - start < 0.6 * size);
    const values = await y.data();
    assert(!isHalf(backend, y) && used() - start >= size);
    const exact = await x.data();
    // Eleven bits, rounded to the nearest; below 6e-5 steps of 6e-8.
    values.forEach((value, i) => {
      assert(Math.abs(value - exact[i]!) <= 2 ** -11 * exact[i]! + 2 ** -25);
    });
    tf.dispose([x, y]);
  });

  test("newActivation() is of 32 bits where channels do not come in fours", () => {
    const backend = engine!.trainingBackend();
    const make = (c: number) =>
      withPrecision("mixed", () => tf.tidy(() => halves(tf.ones([1, 2, 2, c]))));
    assert.equal(isHalf(backend, make(6)), false);
    assert.equal(isHalf(backend, make(8)), true);
    assert.equal(isHalf(backend, tf.tidy(() => halves(tf.ones([1, 2, 2, 8])))), false);
  });
});
