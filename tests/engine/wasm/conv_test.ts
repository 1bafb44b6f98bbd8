import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { after, before, describe, test } from "node:test";
import { disposeWasmBackend, registerWasmBackend } from "../../../lib/engine/wasm/mod.ts";
import { assertSameAsCpu, tensor } from "../../support/wasm_compare.ts";

interface Case {
  batch: number;
  h: number;
  w: number;
  cin: number;
  cout: number;
  kh: number;
  kw: number;
  stride: [number, number];
  pad: "same" | "valid";
}

const cases = fc.record<Case>({
  batch: fc.integer({ min: 1, max: 5 }),
  h: fc.integer({ min: 1, max: 13 }),
  w: fc.integer({ min: 1, max: 13 }),
  cin: fc.integer({ min: 1, max: 70 }),
  cout: fc.integer({ min: 1, max: 70 }),
  kh: fc.integer({ min: 1, max: 5 }),
  kw: fc.integer({ min: 1, max: 5 }),
  stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  pad: fc.constantFrom("same", "valid"),
}).filter((c) => c.pad === "same" || (c.h >= c.kh && c.w >= c.kw));

/** Bun ends a test after 5 s, which a busy machine can need. */
const LONG = { timeout: 240_000 };

describe("registerWasmBackend()", () => {
  before(async () => void await registerWasmBackend({ threads: 2 }));
  after(disposeWasmBackend);

  test("tf.conv2d() and its gradients equal cpu for any shape", LONG, async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        await assertSameAsCpu(() => {
          const x = tensor<tf.Rank.R4>([c.batch, c.h, c.w, c.cin], 1);
          const f = tensor<tf.Rank.R4>([c.kh, c.kw, c.cin, c.cout], 2);
          const y = tf.conv2d(x, f, c.stride, c.pad);
          const dy = tensor<tf.Rank.R4>(y.shape, 3);
          const grads = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
            tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, c.stride, c.pad)
          )([x, f], dy);
          return [y, ...grads];
        }, { label: JSON.stringify(c) });
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  test(
    "tf.conv2d() of 1x1 and stride 1 equals cpu for any number of pixels and channels",
    LONG,
    async () => {
      const pointwise = fc.record({
        pixels: fc.integer({ min: 1, max: 900 }),
        cin: fc.integer({ min: 1, max: 70 }),
        cout: fc.integer({ min: 1, max: 70 }),
        activation: fc.constantFrom("linear", "relu", "leakyrelu"),
      });
      await fc.assert(
        fc.asyncProperty(
          pointwise,
          fc.boolean(),
          async ({ pixels, cin, cout, activation }, bias) => {
            await assertSameAsCpu(() => {
              const inputs = {
                x: tensor<tf.Rank.R4>([1, 1, pixels, cin], 1),
                filter: tensor<tf.Rank.R4>([1, 1, cin, cout], 2),
                ...bias ? { bias: tensor([cout], 3) } : {},
              };
              const attrs = {
                strides: 1,
                pad: "same",
                dilations: 1,
                dataFormat: "NHWC",
                activation,
                leakyreluAlpha: 0.3,
              };
              const y = tf.engine().runKernel("FusedConv2D", inputs, attrs) as tf.Tensor;
              const run = (a: tf.Tensor): tf.Tensor =>
                tf.conv2d(a as tf.Tensor4D, inputs.filter, 1, 0);
              return [y, tf.grad(run)(inputs.x, tensor(y.shape, 4))];
            }, { label: JSON.stringify({ pixels, cin, cout, activation, bias }) });
          },
        ),
        { numRuns: 60, seed: 11 },
      );
    },
  );

  test("tf.fused.conv2d() applies bias and activation as cpu does", LONG, async () => {
    const activations = fc.constantFrom("linear", "relu", "relu6", "leakyrelu", "elu", "sigmoid");
    await fc.assert(
      fc.asyncProperty(cases, activations, fc.boolean(), async (c, activation, hasBias) => {
        await assertSameAsCpu(() =>
          tf.fused.conv2d({
            x: tensor<tf.Rank.R4>([c.batch, c.h, c.w, c.cin], 4),
            filter: tensor<tf.Rank.R4>([c.kh, c.kw, c.cin, c.cout], 5),
            strides: c.stride,
            pad: c.pad,
            ...(hasBias ? { bias: tensor<tf.Rank.R1>([c.cout], 6) } : {}),
            activation: activation as tf.fused.Activation,
            leakyreluAlpha: 0.2,
          }), { label: `${activation} ${JSON.stringify(c)}` });
      }),
      { numRuns: 40, seed: 4 },
    );
  });

  test("tf.conv2dTranspose() and its gradients equal cpu", LONG, async () => {
    for (
      const [size, stride, cin, cout] of [[16, 8, 11, 11], [4, 2, 5, 3], [3, 2, 40, 20], [
        2,
        3,
        4,
        7,
      ]] as const
    ) {
      await assertSameAsCpu(() => {
        const x = tensor<tf.Rank.R4>([2, 4, 5, cin], 1);
        const f = tensor<tf.Rank.R4>([size, size, cout, cin], 2);
        const run = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
          tf.conv2dTranspose(
            a as tf.Tensor4D,
            b as tf.Tensor4D,
            [2, 4 * stride, 5 * stride, cout],
            stride,
            "same",
          );
        const y = run(x, f);
        return [y, ...tf.grads(run)([x, f], tensor(y.shape, 3))];
      }, { label: `${size} ${stride}` });
    }
  });

  test(
    "tf.conv2d() covers dilation, explicit padding and filters larger than the map",
    LONG,
    async () => {
      await assertSameAsCpu(() => {
        const x = tensor<tf.Rank.R4>([2, 9, 11, 20], 1);
        const small = tensor<tf.Rank.R4>([8, 4, 5, 24], 1);
        return [
          tf.conv2d(x, tensor<tf.Rank.R4>([3, 3, 20, 18], 2), 1, "same", "NHWC", [2, 3]),
          tf.conv2d(x, tensor<tf.Rank.R4>([3, 3, 20, 18], 2), 2, 1),
          tf.conv2d(x, tensor<tf.Rank.R4>([3, 4, 20, 18], 2), 1, [[0, 0], [2, 0], [1, 3], [0, 0]]),
          tf.conv2d(small, tensor<tf.Rank.R4>([7, 7, 24, 70], 2), 1, "same"),
          ...tf.grads((a: tf.Tensor, b: tf.Tensor) =>
            tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, "same")
          )([small, tensor<tf.Rank.R4>([7, 7, 24, 70], 2)], tensor([8, 4, 5, 70], 4)),
        ];
      });
    },
  );
});
