import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { depthwiseConv2d } from "../../../../lib/engine/ops/depthwise_conv.ts";
import { disposeWasmBackend, registerWasmBackend } from "../../../../lib/engine/wasm/mod.ts";
import {
  DEPTHWISE_CASES,
  type DepthwiseCase,
  depthwiseOperands,
} from "../../../support/depthwise_cases.ts";
import { assertSameAsCpu, on, tensor } from "../../../support/wasm_compare.ts";

/** The map and its three gradients. */
function pass(given: DepthwiseCase): tf.Tensor[] {
  const { x, filter, bias } = depthwiseOperands(given);
  const run = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
    depthwiseConv2d({
      x: x as tf.Tensor4D,
      filter: filter as tf.Tensor4D,
      bias: bias as tf.Tensor1D,
    }, given.options);
  const y = run(x, filter, bias);
  return [y, ...tf.grads(run)([x, filter, bias], tensor(y.shape, 4))];
}

describe("depthwiseConv2d(), depthwiseInputGrad() and depthwiseFilterGrad()", () => {
  before(async () => void await registerWasmBackend({ threads: 2 }));
  after(disposeWasmBackend);

  for (const [title, given] of Object.entries(DEPTHWISE_CASES)) {
    test(`depthwiseConv2d() and its gradients equal cpu: ${title}`, async () => {
      await assertSameAsCpu(() => pass(given), { tolerance: 1e-5, label: title });
    });
  }

  test("depthwiseConv2d() equals cpu with activations of tfjs's fused op", async () => {
    for (const activation of ["linear", "relu", "relu6", "leakyrelu", "sigmoid"] as const) {
      await assertSameAsCpu(() =>
        tf.fused.depthwiseConv2d({
          x: tf.mul(tensor<tf.Rank.R4>([1, 6, 5, 7], 1), 9),
          filter: tensor<tf.Rank.R4>([3, 3, 7, 1], 2),
          strides: 1,
          pad: "same",
          bias: tensor<tf.Rank.R1>([7], 3),
          activation,
          ...(activation === "leakyrelu" && { leakyreluAlpha: 0.3 }),
        }), { label: activation });
    }
  });

  test("tf.depthwiseConv2d() of any program has a gradient where it is dilated", async () => {
    await assertSameAsCpu(() => {
      const x = tensor<tf.Rank.R4>([1, 7, 6, 3], 1);
      const filter = tensor<tf.Rank.R4>([3, 3, 3, 2], 2);
      const run = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
        tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same", "NHWC", 2);
      return tf.grads(run)([x, filter], tensor([1, 7, 6, 6], 3));
    });
  });

  test("depthwiseConv2d() and its gradients are bit-identical for one thread and four", async () => {
    const given: DepthwiseCase = {
      x: [4, 33, 31, 40],
      kernel: 3,
      multiplier: 1,
      options: { stride: 1, padding: 1 },
    };
    const runs: Float32Array[][] = [];
    for (const threads of [1, 4]) {
      await registerWasmBackend({ threads });
      runs.push(await on("wasm", () => pass(given)));
    }
    assert.deepEqual(runs[0], runs[1]);
  });
});
