import * as tf from "@tensorflow/tfjs";
import { test } from "node:test";
import { globalAveragePool, scaleChannels } from "../../../../lib/engine/ops/channel_maps.ts";
import { assertSame, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("globalAveragePool and scaleChannels", () => {
  for (const shape of [[2, 5, 7, 4], [1, 1, 1, 3], [3, 30, 17, 72], [2, 9, 8, 70]]) {
    test(`globalAveragePool() and scaleChannels() of [${shape}], and their gradients`, async () => {
      await assertSame(() => {
        const x = normal(shape) as tf.Tensor4D;
        const factors = normal([shape[0]!, 1, 1, shape[3]!], 2);
        const pool = (x: tf.Tensor) => globalAveragePool(x as tf.Tensor4D);
        const scale = (x: tf.Tensor, f: tf.Tensor): tf.Tensor =>
          scaleChannels(x as tf.Tensor4D, f as tf.Tensor4D);
        return [
          pool(x),
          tf.grad(pool)(x, factors),
          scale(x, factors),
          ...tf.grads(scale)([x, factors], normal(shape, 3)),
        ];
      });
    });
  }
});
