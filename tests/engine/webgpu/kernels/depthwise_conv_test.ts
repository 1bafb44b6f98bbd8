import * as tf from "@tensorflow/tfjs";
import { test } from "node:test";
import { depthwiseConv2d } from "../../../../lib/engine/ops/depthwise_conv.ts";
import { DEPTHWISE_CASES, depthwiseOperands } from "../../../support/depthwise_cases.ts";
import { assertSame, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("depthwiseConv2d", () => {
  for (const [title, given] of Object.entries(DEPTHWISE_CASES)) {
    test(`depthwiseConv2d() and its gradients: ${title}`, async () => {
      await assertSame(() => {
        const { x, filter, bias } = depthwiseOperands(given);
        const run = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
          depthwiseConv2d({
            x: x as tf.Tensor4D,
            filter: filter as tf.Tensor4D,
            bias: bias as tf.Tensor1D,
          }, given.options);
        const y = run(x, filter, bias);
        return [y, ...tf.grads(run)([x, filter, bias], normal(y.shape, 4))];
      });
    });
  }

  for (const [activation, channels] of [["relu", 8], ["relu6", 3], ["elu", 4]] as const) {
    test(`fusedDepthwiseConv2d() with ${activation}`, async () => {
      await assertSame(() =>
        tf.fused.depthwiseConv2d({
          x: tf.mul(normal([1, 6, 5, channels]), 9) as tf.Tensor4D,
          filter: normal([3, 3, channels, 1], 2) as tf.Tensor4D,
          strides: 1,
          pad: "same",
          bias: normal([channels], 3),
          activation,
        })
      );
    });
  }
});
