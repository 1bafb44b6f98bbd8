import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { conv2d, type Conv2dOptions } from "../../../lib/engine/ops/conv2d.ts";
import { liveTaps } from "../../../lib/engine/ops/dilated_conv2d.ts";
import { record } from "../../../lib/engine/tape.ts";
import {
  assertGradient,
  assertNoLeak,
  normalTensor,
  relativeError,
} from "../../support/gradients.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

interface Case {
  size: [number, number, number, number];
  kernel: number;
  filters: number;
  options: Omit<Conv2dOptions, "relu">;
}

/** Odd and even maps, aligned and odd channels, rates from inside the map to beyond it. */
const CASES: Case[] = [
  { size: [2, 7, 6, 3], kernel: 3, filters: 5, options: { stride: 2, padding: 1 } },
  { size: [2, 8, 9, 4], kernel: 7, filters: 8, options: { stride: 2, padding: 3 } },
  { size: [1, 9, 7, 16], kernel: 3, filters: 12, options: { stride: 1, padding: 3 } },
  { size: [2, 7, 6, 3], kernel: 3, filters: 5, options: rate("same", 2) },
  { size: [2, 9, 8, 8], kernel: 3, filters: 8, options: rate(2, 2) },
  { size: [1, 9, 8, 30], kernel: 3, filters: 20, options: rate(0, 3) },
  { size: [2, 9, 5, 4], kernel: 3, filters: 8, options: rate(6, 6) },
  { size: [1, 8, 8, 6], kernel: 3, filters: 5, options: rate(12, 12) },
  { size: [1, 6, 5, 4], kernel: 5, filters: 3, options: rate(1, 1) },
  { size: [1, 8, 7, 4], kernel: 2, filters: 3, options: rate(5, 2) },
];

function rate(padding: Conv2dOptions["padding"], dilation: number): Case["options"] {
  return { stride: 1, padding, dilation };
}

function nameOf({ size, kernel, filters, options }: Case): string {
  const { stride, padding, dilation = 1 } = options;
  return `${kernel}x${kernel}/${stride}, padding ${padding}, dilation ${dilation}, ` +
    `[${size}] to ${filters}`;
}

type Operands = [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D];

function operandsOf({ size, kernel, filters }: Case): Operands {
  return [
    normalTensor("x", size),
    normalTensor("filter", [kernel, kernel, size[3], filters]),
    normalTensor("bias", [filters]),
  ] as Operands;
}

/** The same by zeros around the map and, for the dilation, between the taps. */
function byZeros(
  [x, filter, bias]: Operands,
  { padding, stride, dilation = 1 }: Case["options"],
): tf.Tensor4D {
  const [taps, , channels, filters] = filter.shape;
  const size = (taps - 1) * dilation + 1;
  const spread = tf.tensor(
    Float32Array.from({ length: size * taps }, (_, i) => {
      return Math.floor(i / taps) === i % taps * dilation ? 1 : 0;
    }),
    [size, taps],
  ) as tf.Tensor2D;
  const rows = tf.matMul(spread, tf.reshape(filter, [taps, -1]) as tf.Tensor2D);
  const turned = tf.transpose(tf.reshape(rows, [size, taps, channels * filters]), [1, 0, 2]);
  const both = tf.matMul(spread, tf.reshape(turned, [taps, -1]) as tf.Tensor2D);
  const wide = tf.reshape(both, [size, size, channels * filters]);
  const large = tf.reshape(tf.transpose(wide, [1, 0, 2]), [size, size, channels, filters]);
  const pad = padding === "same" ? (size - 1) / 2 : padding as number;
  const around = tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]]);
  return tf.add(tf.conv2d(around, large as tf.Tensor4D, stride, "valid"), bias);
}

const noGpu = await noAdapter();

for (const backend of ["cpu", "wasm", "webgpu"] as const) {
  describe(`conv2d() on ${backend}`, { skip: backend === "webgpu" && noGpu }, () => {
    before(async () => {
      await useBackend({ backend, threads: 2 });
    });

    for (const c of CASES) {
      test(`conv2d() ${nameOf(c)} has the values and gradients of padded maps and spread filters`, async () => {
        const operands = operandsOf(c);
        const own = (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) =>
          conv2d({ x, filter, bias }, { ...c.options, relu: false });
        const y = own(...operands);
        const composed = (...xs: tf.Tensor[]) => byZeros(xs as Operands, c.options);
        assert.ok(await relativeError(y, composed(...operands)) < 1e-5);
        const dy = normalTensor("dy", y.shape);
        const expected = tf.grads(composed)(operands, dy);
        const actual = record(() => own(...operands)).backward(dy, operands);
        for (const [i, gradient] of actual.entries()) {
          const error = await relativeError(gradient!, expected[i]!);
          assert.ok(error < 1e-5, `gradient ${i}: ${error}`);
        }
        assertNoLeak(() => {
          const forward = record(() => own(...operands));
          const gradients = forward.backward(dy, operands);
          forward.dispose();
          return [forward.value, ...gradients] as tf.Tensor[];
        });
      });
    }

    test("conv2d() dilated, with a ReLU, has the slopes of finite differences", async () => {
      const [x, filter, bias] = operandsOf(CASES[4]!);
      const run = (x: tf.Tensor, filter: tf.Tensor) =>
        conv2d(
          { x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, bias },
          { ...rate(2, 2), relu: true, leak: 0.5 },
        );
      await assertGradient((t) => run(t, filter), x, { tolerance: 5e-2 });
      await assertGradient((t) => run(x, t), filter, { tolerance: 5e-2 });
    });

    test("tf.conv2d() dilated has a gradient", { skip: backend === "cpu" }, async () => {
      const [x, filter] = operandsOf(CASES[3]!);
      const stock = (x: tf.Tensor, filter: tf.Tensor) =>
        tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same", "NHWC", 2);
      const y = stock(x, filter);
      const dy = normalTensor("dy", y.shape);
      const own = (...[x, filter]: tf.Tensor[]) =>
        conv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D }, {
          ...rate("same", 2),
          relu: false,
        });
      const expected = tf.grads(own)([x, filter], dy);
      const actual = tf.grads(stock as (...xs: tf.Tensor[]) => tf.Tensor)([x, filter], dy);
      for (const [i, gradient] of actual.entries()) {
        assert.ok(await relativeError(gradient, expected[i]!) < 1e-6);
      }
    });
  });
}

describe("dilated convolution", () => {
  before(async () => {
    await useBackend({ backend: "cpu" });
  });

  test("liveTaps() keeps one tap of rate 36 on a 26x26 map, all of rate 24, and a part of a 5x5", () => {
    const of = (taps: number, dilation: number) => {
      const inputs = {
        x: tf.zeros<tf.Rank.R4>([1, 26, 26, 1]),
        filter: tf.zeros<tf.Rank.R4>([taps, taps, 1, 1]),
      };
      const padding = dilation * (taps - 1) / 2;
      const { filter, ...rest } = liveTaps(inputs, { padding, dilation });
      return { ...rest, taps: filter.shape.slice(0, 2) };
    };
    const none = [[0, 0], [0, 0], [0, 0], [0, 0]];
    assert.deepEqual(of(3, 36), { taps: [1, 1], pad: none, dilation: 1 });
    const by24 = [[0, 0], [24, 24], [24, 24], [0, 0]];
    assert.deepEqual(of(3, 24), { taps: [3, 3], pad: by24, dilation: 24 });
    const by13 = [[0, 0], [13, 13], [13, 13], [0, 0]];
    assert.deepEqual(of(5, 13), { taps: [3, 3], pad: by13, dilation: 13 });
  });

  test("conv2d() refuses a stride together with a dilation", () => {
    const inputs = {
      x: tf.zeros<tf.Rank.R4>([1, 5, 5, 1]),
      filter: tf.zeros<tf.Rank.R4>([3, 3, 1, 1]),
    };
    assert.throws(
      () => conv2d(inputs, { stride: 2, padding: 1, dilation: 2, relu: false }),
      /stride 2 and dilation 2: one must be 1/,
    );
  });
});
