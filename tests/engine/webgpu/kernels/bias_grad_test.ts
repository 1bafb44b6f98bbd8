import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "../../../../lib/engine/ops/conv2d.ts";
import { assertSame, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("biasGrad", () => {
  for (const relu of [false, true]) {
    for (const [h, channels] of [[5, 3], [7, 8], [150, 8]] as const) {
      const name = relu ? "biasReluGrad" : "biasGrad";
      test(`${name}() over ${h}x${h} pixels of ${channels} channels`, async () => {
        await assertSame(() => {
          const operands = [
            normal([1, h, h, 2]),
            normal([1, 1, 2, channels], 2),
            normal([channels], 3),
          ];
          const loss = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) => {
            const inputs = { x, filter, bias } as Parameters<typeof conv2d>[0];
            const y = conv2d(inputs, { stride: 1, padding: "same", relu });
            return tf.sum(tf.mul(y, normal(y.shape, 9)));
          };
          return tf.grads(loss as (...xs: tf.Tensor[]) => tf.Tensor)(operands);
        }, { tolerance: 3e-5 }); // sums of up to 22,500 values around zero
      });
    }
  }
});
