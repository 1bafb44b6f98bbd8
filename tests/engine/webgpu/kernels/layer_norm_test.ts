import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { layerNorm } from "../../../../lib/engine/ops/layer_norm.ts";
import { assertSame, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("layerNorm", () => {
  for (const shape of [[1, 1, 1, 5], [2, 9, 7, 32], [3, 3, 6], [40, 260], [2, 33, 31, 20]]) {
    test(`layerNorm() of [${shape}] and its gradients are those of cpu`, async () => {
      const channels = [shape.at(-1)!];
      const run = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor =>
        layerNorm({ x, gamma: gamma as tf.Tensor1D, beta: beta as tf.Tensor1D }, { eps: 1e-5 });
      await assertSame(() => {
        const inputs = [normal(shape), normal(channels, 2), normal(channels, 3)] as const;
        return [run(...inputs), ...tf.grads(run)([...inputs], normal(shape, 4))];
      });
    });
  }
});
