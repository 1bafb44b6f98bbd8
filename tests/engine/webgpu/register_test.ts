import { describe, test } from "node:test";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { noAdapter } from "../../support/webgpu_adapter.ts";

const skip = await noAdapter();
const engine = skip ? null : await import("../../../lib/engine/webgpu/mod.ts");

describe("registerWebgpuBackend()", { skip }, () => {
  test("registerWebgpuBackend() turns silent device errors into an exception", async () => {
    const backend = await engine!.registerWebgpuBackend();
    backend.device.createBuffer({ size: 16, usage: 0xffff });
    await assert.rejects(backend.training.errors.check(), /WebGPU reported 1 error /);
    await backend.training.errors.check();
    engine!.disposeWebgpuBackend();
  });

  test("registerWebgpuBackend() refuses a tensor that the adapter cannot bind, and stays usable", async () => {
    const backend = await engine!.registerWebgpuBackend();
    const elements = engine!.largestTensorBytes(backend.training.limits) / 4 + 1024;
    const text = /^Cannot put float32 tensor \[(\d+)\] on .* it takes .* binds at most .*; lower /;
    for (const make of [() => tf.fill([elements], 3), () => tf.add(tf.zeros([elements]), 1)]) {
      assert.throws(() => tf.tidy(make), (error: Error) => {
        assert.ok(error instanceof RangeError);
        assert.equal(text.exec(error.message)?.[1], `${elements}`, error.message);
        return true;
      });
    }
    await backend.training.errors.check();
    assert.deepEqual([...await tf.add(tf.tensor1d([1]), 2).data()], [3]);
    engine!.disposeWebgpuBackend();
  });

  test("registerWebgpuBackend() reports a lost device and how to resume", async () => {
    const backend = await engine!.registerWebgpuBackend();
    backend.device.destroy();
    await backend.device.lost;
    await assert.rejects(backend.training.errors.check(), /lost.*resume the run/);
    engine!.disposeWebgpuBackend();
  });

  test("registerWebgpuBackend() stops at the byte cap and names the remedy", async () => {
    await engine!.registerWebgpuBackend({ capBytes: 2 ** 20 });
    assert.throws(
      () => tf.fill([2 ** 20], 3),
      /Out of adapter memory: float32 tensor \[1048576\] of 4\.0 MiB .*data\.batch/,
    );
    engine!.disposeWebgpuBackend();
  });

  test("registerWebgpuBackend() refuses a software adapter where it is not allowed", async () => {
    await assert.rejects(
      engine!.registerWebgpuBackend({ allowSoftware: false, gpu: softwareGpu() }),
      /only adapter is a software one/,
    );
  });
});

function softwareGpu(): GPU {
  const info = { vendor: "", architecture: "", device: "", description: "SwiftShader Device" };
  return { requestAdapter: () => Promise.resolve({ info }) } as unknown as GPU;
}
