import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { batchNormTraining } from "../../../../lib/engine/ops/batch_norm.ts";
import { assertSame, backend, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("batchNormTrainGrad", () => {
  const shapes = [[1, 1, 2, 3], [2, 5, 7, 4], [3, 40, 33, 5], [1, 64, 64, 8], [2, 9, 9, 260]];
  for (const shape of shapes) {
    for (const [relu, bindings] of [[false, null], [true, null], [true, 8]] as const) {
      const how = `${relu ? " with ReLU" : ""}${bindings ? ` in ${bindings} bindings` : ""}`;
      test(`batchNormTrainGrad() of [${shape}]${how}`, async (t) => {
        const { limits } = backend().training;
        const { maxStorageBuffersPerShaderStage: bound } = limits;
        limits.maxStorageBuffersPerShaderStage = bindings ?? bound!;
        t.after(() => void (limits.maxStorageBuffersPerShaderStage = bound!));
        await assertSame(() => {
          const operands = [
            tf.add(tf.mul(normal(shape), 0.5), 3),
            normal([shape[3]!], 2),
            normal([shape[3]!], 3),
          ];
          const weights = normal(shape, 4);
          const loss = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => {
            const inputs = { x, gamma, beta } as Parameters<typeof batchNormTraining>[0];
            return tf.sum(tf.mul(weights, batchNormTraining(inputs, { eps: 1e-3, relu })[0]));
          };
          return tf.grads(loss as (...xs: tf.Tensor[]) => tf.Tensor)(operands);
        }, { tolerance: 3e-5 }); // sums of up to 4,096 values that nearly cancel
      });
    }
  }
});
