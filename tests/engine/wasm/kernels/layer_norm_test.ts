import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { layerNorm } from "../../../../lib/engine/ops/layer_norm.ts";
import { disposeWasmBackend, registerWasmBackend } from "../../../../lib/engine/wasm/mod.ts";
import { assertSameAsCpu, on, tensor } from "../../../support/wasm_compare.ts";

/** Layer norm of `[.., c]` and its three gradients. */
function outputs(shape: number[], { scale = 1, shift = 0 } = {}): tf.Tensor[] {
  const x = tf.add(tf.mul(tensor(shape, 1), scale), shift);
  const gamma = tensor<tf.Rank.R1>([shape.at(-1)!], 2);
  const beta = tensor<tf.Rank.R1>([shape.at(-1)!], 3);
  const run = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor =>
    layerNorm({ x, gamma: gamma as tf.Tensor1D, beta: beta as tf.Tensor1D }, { eps: 1e-5 });
  return [run(x, gamma, beta), ...tf.grads(run)([x, gamma, beta], tensor(shape, 4))];
}

describe("layerNorm() on WASM", () => {
  before(async () => void await registerWasmBackend({ threads: 2 }));
  after(disposeWasmBackend);

  for (const shape of [[1, 1, 1, 5], [2, 9, 7, 32], [2, 3, 3, 6], [4, 33, 31, 20], [7, 3]]) {
    test(`layerNorm() of [${shape}] and its gradients equal cpu`, async () => {
      await assertSameAsCpu(() => outputs(shape), { tolerance: 2e-5 });
    });
  }

  test("layerNorm() keeps its precision when the mean is far from zero", async () => {
    const [near] = await on("wasm", () => outputs([1, 4, 4, 32])[0]!);
    const [far] = await on("wasm", () => outputs([1, 4, 4, 32], { shift: 100 })[0]!);
    assert.ok(near!.every((value, i) => Math.abs(value - far![i]!) < 1e-4));
  });

  test("layerNorm() and its gradients are bit-identical for any number of threads", async () => {
    const run = () => on("wasm", () => outputs([4, 64, 64, 32]));
    const two = await run();
    await registerWasmBackend({ threads: 1 });
    assert.deepEqual(await run(), two);
    await registerWasmBackend({ threads: 2 });
  });
});
