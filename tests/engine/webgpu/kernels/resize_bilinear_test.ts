import { test } from "node:test";
import type * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { resizeBilinear } from "../../../../lib/engine/ops/resize_bilinear.ts";
import { assertSame, describeWebgpu, gradientOf, normal } from "./_compare.ts";

describeWebgpu("resizeBilinear", () => {
  const cases: [shape: number[], height: number, width: number][] = [
    [[1, 1, 1, 3], 4, 4],
    [[2, 5, 7, 4], 10, 14],
    [[2, 3, 3, 21], 96, 96],
    [[1, 20, 20, 4], 2, 2],
  ];
  for (const [shape, height, width] of cases) {
    test(`resizeBilinear() of [${shape}] to ${height}x${width}, and its gradient`, async () => {
      await assertSame(() => {
        const resize = (x: tf.Tensor) => resizeBilinear(x as tf.Tensor4D, { height, width });
        return [resize(normal(shape)), gradientOf(resize, normal(shape))];
      });
    });
  }

  test("resizeBilinear() has the values and gradients of tfjs's ops at any size", async () => {
    const size = fc.integer({ min: 1, max: 13 });
    const shapes = fc.tuple(size, size, size, size, fc.integer({ min: 1, max: 5 }));
    await fc.assert(
      fc.asyncProperty(shapes, async ([h, w, height, width, c]) => {
        await assertSame(() => {
          return [false, true].flatMap((alignCorners) => {
            const resize = (x: tf.Tensor) =>
              resizeBilinear(x as tf.Tensor4D, { height, width, alignCorners });
            return [resize(normal([2, h, w, c])), gradientOf(resize, normal([2, h, w, c]))];
          });
        });
      }),
      { numRuns: 12 },
    );
  });
});
