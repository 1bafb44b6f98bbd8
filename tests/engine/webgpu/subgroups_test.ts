import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { batchNormTraining } from "../../../lib/engine/ops/batch_norm.ts";
import { record } from "../../../lib/engine/tape.ts";
import { probeSubgroups } from "../../../lib/engine/webgpu/subgroups.ts";
import { normalTensor, relativeError } from "../../support/gradients.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

const skip = await noAdapter();
const engine = skip ? null : await import("../../../lib/engine/webgpu/mod.ts");

test("probeSubgroups() finds none where the device was not given any", async () => {
  const device = { features: new Set() } as unknown as GPUDevice;
  assert.equal(await probeSubgroups(device), null);
});

describe("subgroups", { skip }, () => {
  test("probeSubgroups() enables sums that agree with those without and are bit-identical in a repeat", async (t) => {
    const run = async (without: boolean): Promise<tf.Tensor[] | null> => {
      const backend = await engine!.registerWebgpuBackend();
      if (backend.subgroups === null) return null;
      if (without) backend.subgroups = null;
      const values: tf.TypedArray[] = [];
      const shapes: number[][] = [];
      for (const channels of [1, 3, 8, 70]) {
        const x = tf.relu(normalTensor("x", [3, 11, 13, channels])) as tf.Tensor4D;
        const gamma = tf.ones([channels]) as tf.Tensor1D;
        const forward = record(() =>
          batchNormTraining({ x, gamma, beta: gamma }, { eps: 1e-3, relu: true })[0]
        );
        const dy = normalTensor("dy", x.shape);
        const gradients = forward.backward(dy, [x, gamma]) as tf.Tensor[];
        for (const tensor of [tf.sum(x), tf.mean(x, [0, 1, 2]), forward.value, ...gradients]) {
          values.push(await tensor.data());
          shapes.push(tensor.shape);
        }
      }
      await backend.training.errors.check();
      engine!.disposeWebgpuBackend();
      await tf.setBackend("cpu");
      return values.map((data, i) => tf.tensor(data, shapes[i]!));
    };
    const exchanged = await run(false);
    if (exchanged === null) return t.skip("the adapter has no subgroups of one size");
    const again = await run(false);
    const tree = await run(true);
    for (const [i, tensor] of exchanged.entries()) {
      assert.deepEqual(await tensor.data(), await again![i]!.data());
      assert(await relativeError(tensor, tree![i]!) < 1e-5);
    }
  });
});
