import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { activation, type ActivationName } from "../../../../lib/engine/ops/activations.ts";
import { batchNormTraining } from "../../../../lib/engine/ops/batch_norm.ts";
import { globalAveragePool, scaleChannels } from "../../../../lib/engine/ops/channel_maps.ts";
import { disposeWasmBackend, registerWasmBackend } from "../../../../lib/engine/wasm/mod.ts";
import { assertSameAsCpu, on, tensor } from "../../../support/wasm_compare.ts";

const ACTIVATIONS: ActivationName[] = [
  "relu",
  "relu6",
  "sigmoid",
  "hardSigmoid",
  "hardSwish",
  "swish",
  "gelu",
];

/** Channels: a multiple of the vectors, none, and more than one chunk. */
const MAPS: [number, number, number, number][] = [[2, 5, 7, 8], [2, 9, 8, 3], [3, 11, 12, 70]];

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

/** A result and its gradients. */
function pass(run: Op, inputs: tf.Tensor[]): tf.Tensor[] {
  const y = run(...inputs);
  return [y, ...tf.grads(run)(inputs, tensor(y.shape, 9))];
}

describe("activate(), globalAveragePool(), scaleChannels() and their gradients", () => {
  before(async () => void await registerWasmBackend({ threads: 2 }));
  after(disposeWasmBackend);

  for (const name of ACTIVATIONS) {
    test(`activate() equals cpu: ${name}`, async () => {
      for (const shape of MAPS) {
        await assertSameAsCpu(
          () => pass((x) => activation(x!, name), [tf.mul(tensor(shape, 1), 9)]),
          { tolerance: 2e-6, label: `${name} ${shape}` },
        );
      }
    });
  }

  test("globalAveragePool() and scaleChannels() equal cpu", async () => {
    for (const shape of MAPS) {
      const [b, , , c] = shape;
      await assertSameAsCpu(() => {
        const x = tensor<tf.Rank.R4>(shape, 1);
        const factors = tensor<tf.Rank.R4>([b, 1, 1, c], 2);
        return [
          ...pass((x) => globalAveragePool(x as tf.Tensor4D), [x]),
          ...pass((x, f) => scaleChannels(x as tf.Tensor4D, f as tf.Tensor4D), [x, factors]),
        ];
      }, { tolerance: 3e-6, label: `${shape}` });
    }
  });

  for (const name of ["relu6", "hardSwish"] as const) {
    test(`batchNormTraining() with ${name} equals cpu, and one thread equals four`, async () => {
      for (const shape of MAPS) {
        const body = (): tf.Tensor[] => {
          const x = tf.mul(tensor<tf.Rank.R4>(shape, 1), 3);
          const gamma = tf.mul(tensor([shape[3]], 2), 4);
          const run = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor =>
            batchNormTraining({
              x: x as tf.Tensor4D,
              gamma: gamma as tf.Tensor1D,
              beta: beta as tf.Tensor1D,
            }, { eps: 1e-3, activation: name })[0];
          return pass(run as Op, [x, gamma, tf.mul(tensor([shape[3]], 3), 3)]);
        };
        await assertSameAsCpu(body, { tolerance: 1e-4, label: `${shape}` });
        const runs: Float32Array[][] = [];
        for (const threads of [1, 4]) {
          await registerWasmBackend({ threads });
          runs.push(await on("wasm", body));
        }
        assert.deepEqual(runs[0], runs[1]);
      }
    });
  }
});
