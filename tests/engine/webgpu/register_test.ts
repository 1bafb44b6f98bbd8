import { describe, test } from "node:test";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { noAdapter } from "./_adapter.ts";

const skip = await noAdapter();
const engine = skip ? null : await import("../../../lib/engine/webgpu/mod.ts");

describe("registerWebgpuBackend()", { skip }, () => {
  test("registerWebgpuBackend() turns silent device errors into an exception", async () => {
    const backend = await engine!.registerWebgpuBackend();
    const limit = engine!.largestTensorBytes(backend.training.limits);
    if (limit < 200 * 2 ** 20) {
      const over = tf.zeros([limit / 4 + 1024]);
      const sum = tf.add(over, 1);
      await sum.data();
      await assert.rejects(backend.training.errors.check(), /WebGPU reported \d+ error/);
      tf.dispose([over, sum]);
    }
    await backend.training.errors.check();
    engine!.disposeWebgpuBackend();
  });

  test("registerWebgpuBackend() reports a lost device with the way on", async () => {
    const backend = await engine!.registerWebgpuBackend();
    backend.device.destroy();
    await backend.device.lost;
    await assert.rejects(backend.training.errors.check(), /lost.*resume the run/);
    engine!.disposeWebgpuBackend();
  });

  test("registerWebgpuBackend() stops at the byte cap and names the remedy", async () => {
    await engine!.registerWebgpuBackend({ capBytes: 2 ** 20 });
    assert.throws(() => tf.fill([2 ** 20], 3), /Out of adapter memory.*data\.batch/);
    engine!.disposeWebgpuBackend();
  });

  test("registerWebgpuBackend() refuses a software adapter where it must be real", async () => {
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
