import { test } from "node:test";
import type * as tf from "@tensorflow/tfjs";
import { resizeNearest } from "../../../../lib/engine/ops/resize_nearest.ts";
import { assertSame, describeWebgpu, gradientOf, normal } from "./_compare.ts";

describeWebgpu("resizeNearest", () => {
  for (
    const [shape, factor] of [[[1, 1, 1, 3], 4], [[2, 5, 7, 4], 2], [[2, 3, 3, 5], 3]] as const
  ) {
    test(`resizeNearest() of [${shape}] ×${factor}, and its gradient`, async () => {
      await assertSame(() => {
        const resize = (x: tf.Tensor) => resizeNearest(x as tf.Tensor4D, { factor });
        return [resize(normal([...shape])), gradientOf(resize, normal([...shape]))];
      });
    });
  }
});
