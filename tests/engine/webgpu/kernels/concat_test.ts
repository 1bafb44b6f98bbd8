import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { withPrecision } from "../../../../lib/engine/ops/precision.ts";
import { resizeNearest } from "../../../../lib/engine/ops/resize_nearest.ts";
import { assertSame, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("concatChannels and splitV", () => {
  for (const [title, sizes] of [["vectors", [4, 8]], ["other channels", [3, 8]]] as const) {
    test(`concatChannels and splitV in mixed precision, ${title}`, async () => {
      await assertSame(() => {
        const parts = sizes.map((size, i) => normal([2, 3, 5, size], i + 1));
        // An op of the engine, whose result is in float16 storage where channels come in fours
        const store = (x: tf.Tensor) => resizeNearest(x as tf.Tensor4D, { factor: 1 });
        const join = (...xs: tf.Tensor[]) => tf.concat(xs.map(store), -1);
        return withPrecision("mixed", () => {
          const weights = normal([2, 3, 5, sizes[0] + sizes[1]], 9);
          const run = (...xs: tf.Tensor[]) => tf.mul(join(...xs), weights);
          return [join(...parts), ...tf.grads(run)(parts)];
        });
      }, { tolerance: 2e-3 });
    });
  }
});
