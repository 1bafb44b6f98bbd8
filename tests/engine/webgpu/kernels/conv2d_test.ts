import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { type TileName, TILES } from "../../../../lib/engine/webgpu/gemm_tiles.ts";
import { assertSame, backend, describeWebgpu, normal } from "./_compare.ts";
import { caseName, CONV_CASES, operands } from "./_conv_cases.ts";

type Convolve = (...operands: tf.Tensor[]) => tf.Tensor;

describeWebgpu("conv2d", () => {
  for (const conv of CONV_CASES) {
    test(`conv2d() ${caseName(conv)}`, async () => {
      await assertSame(() => {
        const { x, filter } = operands(conv);
        return tf.conv2d(x, filter, conv.stride, conv.pad);
      });
    });
  }

  for (const tile of Object.keys(TILES) as TileName[]) {
    test(`conv2d() with tile ${tile} spans several tiles, in all three directions`, async () => {
      backend().tile = tile;
      try {
        await assertSame(() => {
          const x = normal([1, 20, 17, 8]) as tf.Tensor4D;
          const filter = normal([3, 3, 8, 140], 2) as tf.Tensor4D;
          const convolve = (t: tf.Tensor, w: tf.Tensor) =>
            tf.conv2d(t as tf.Tensor4D, w as tf.Tensor4D, 1, "same");
          const y = convolve(x, filter);
          return [y, ...tf.grads(convolve as Convolve)([x, filter], normal(y.shape, 3))];
        });
      } finally {
        backend().tile = null;
      }
    });
  }

  for (const activation of ["linear", "relu", "leakyrelu", "elu"] as const) {
    test(`conv2d() with bias and ${activation} in the same pass`, async () => {
      await assertSame(() =>
        tf.fused.conv2d({
          x: normal([2, 6, 7, 5]) as tf.Tensor4D,
          filter: normal([3, 3, 5, 6], 2) as tf.Tensor4D,
          strides: 1,
          pad: "same",
          bias: normal([6], 3),
          activation,
          leakyreluAlpha: 0.2,
        })
      );
    });
  }

  test("conv2d() with dilation", async () => {
    await assertSame(() => {
      const x = normal([2, 9, 10, 8]) as tf.Tensor4D;
      return tf.conv2d(x, normal([3, 3, 8, 8], 2) as tf.Tensor4D, 1, "same", "NHWC", 2);
    });
  });

  test("conv2d() of any size and channels", async () => {
    const small = fc.integer({ min: 1, max: 12 });
    const shapes = fc.tuple(small, small, small, small, fc.integer({ min: 1, max: 3 }));
    await fc.assert(
      fc.asyncProperty(shapes, async ([h, w, c, n, b]) => {
        await assertSame(() => {
          const x = normal([b, h, w, c]) as tf.Tensor4D;
          return tf.conv2d(x, normal([3, 3, c, n], 2) as tf.Tensor4D, 2, "same");
        });
      }),
      { numRuns: 10 },
    );
  });
});
