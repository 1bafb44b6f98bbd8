import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { activation, type ActivationName } from "../../../../lib/engine/ops/activations.ts";
import { batchNormTraining } from "../../../../lib/engine/ops/batch_norm.ts";
import { depthwiseConv2d } from "../../../../lib/engine/ops/depthwise_conv.ts";
import { globalAveragePool, scaleChannels } from "../../../../lib/engine/ops/channel_maps.ts";
import { withPrecision } from "../../../../lib/engine/ops/precision.ts";
import { record } from "../../../../lib/engine/tape.ts";
import { assertClose, assertSame, backend, describeWebgpu, normal } from "./_compare.ts";

const ACTIVATIONS: ActivationName[] = [
  "relu",
  "relu6",
  "sigmoid",
  "hardSigmoid",
  "hardSwish",
  "swish",
  "gelu",
];

describeWebgpu("activate", () => {
  for (const name of ACTIVATIONS) {
    test(`activate() and activateGrad() of ${name}`, async () => {
      await assertSame(() => {
        const x = tf.mul(normal([2, 5, 7, 3]), 4);
        const run = (x: tf.Tensor) => activation(x, name);
        return [run(x), tf.grad(run)(x, normal(x.shape, 2))];
      });
    });
  }

  for (const name of ["relu6", "hardSwish"] as const) {
    for (const buffers of [8, 10]) {
      test(`batchNormTraining() with ${name} where a shader has ${buffers} buffers`, async () => {
        const { limits } = backend().training as unknown as { limits: Record<string, number> };
        const name8 = "maxStorageBuffersPerShaderStage";
        const most = limits[name8];
        if (buffers > (most ?? 8)) return;
        Object.defineProperty(backend().training, "limits", {
          value: { ...limits, [name8]: buffers },
          configurable: true,
        });
        try {
          for (const shape of [[2, 5, 7, 4], [3, 40, 33, 5]]) {
            await assertSame(() => {
              const run = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor =>
                batchNormTraining({
                  x: x as tf.Tensor4D,
                  gamma: gamma as tf.Tensor1D,
                  beta: beta as tf.Tensor1D,
                }, { eps: 1e-3, activation: name })[0];
              const channels = [shape[3]!];
              const gamma = tf.mul(normal(channels, 2), 3);
              const inputs = [normal(shape), gamma, normal(channels, 3)];
              const y = run(inputs[0]!, inputs[1]!, inputs[2]!);
              return [y, ...tf.grads(run)(inputs, normal(shape, 4))];
            }, { tolerance: 5e-5 });
          }
        } finally {
          Object.defineProperty(backend().training, "limits", {
            value: limits,
            configurable: true,
          });
        }
      });
    }
  }

  test("depthwiseConv2d(), batch norm and factors store float16 in mixed precision", async () => {
    const x = normal([2, 9, 8, 8]) as tf.Tensor4D;
    const filter = normal([3, 3, 8, 1], 2) as tf.Tensor4D;
    const gamma = tf.ones([8]) as tf.Tensor1D;
    const beta = normal([8], 3) as tf.Tensor1D;
    const pass = (precision: "f32" | "mixed") =>
      withPrecision(precision, () => {
        const recording = record(() => {
          const y = depthwiseConv2d({ x, filter }, { stride: 1, padding: "same" });
          const options = { eps: 1e-3, activation: "hardSwish" } as const;
          const [z] = batchNormTraining({ x: y, gamma, beta }, options);
          const gate = activation(globalAveragePool(z), "hardSigmoid");
          const out = scaleChannels(z, gate);
          if (precision === "mixed") {
            for (const t of [y, z, gate, out]) assert.ok(backend().isFloat16(t));
          }
          return tf.sum(tf.square(out));
        });
        return [
          recording.value,
          ...recording.backward(tf.scalar(1), [x, filter, gamma, beta]) as tf.Tensor[],
        ];
      });
    const [exact, mixed] = [pass("f32"), pass("mixed")];
    for (const [i, expected] of exact.entries()) {
      const read = async (t: tf.Tensor) => ({ shape: t.shape, values: await t.data() });
      assertClose(await read(mixed[i]!), await read(expected), {
        tolerance: 1e-2,
        what: `output ${i}`,
      });
    }
    tf.dispose([x, filter, gamma, beta, ...exact, ...mixed]);
  });
});
