import { describe, test } from "node:test";
import assert from "node:assert/strict";
import "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs";
import { noAdapter } from "../../support/webgpu_adapter.ts";
import {
  KERNEL_NAMES,
  registerKernels,
  unregisterKernels,
} from "../../../lib/engine/webgpu/register.ts";
import {
  registerGradients,
  unregisterGradients,
} from "../../../lib/engine/webgpu/tfjs_gradients.ts";

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

test("registerKernels() replaces tfjs's kernels once and unregisterKernels() restores them", () => {
  const original = KERNEL_NAMES.map((name) => tf.getKernel(name, "webgpu")?.kernelFunc);
  assert(original.some((run) => run !== undefined) && original.some((run) => run === undefined));
  registerKernels();
  registerKernels();
  KERNEL_NAMES.forEach((name, i) => {
    const run = tf.getKernel(name, "webgpu")?.kernelFunc;
    assert(run !== undefined && run !== original[i], name);
  });
  unregisterKernels();
  unregisterKernels();
  assert.deepEqual(KERNEL_NAMES.map((name) => tf.getKernel(name, "webgpu")?.kernelFunc), original);
});

const FUNCTIONS: [name: string, f: (x: tf.Tensor) => tf.Tensor][] = [
  ["sum over all", (x) => tf.square(tf.sum(x))],
  ["sum over one axis", (x) => tf.sum(tf.square(tf.sum(x, 1)))],
  ["sum that keeps its axes", (x) => tf.sum(tf.square(tf.sum(x, [0, -1], true)))],
  ["mean over all", (x) => tf.square(tf.mean(x))],
  ["mean over two axes", (x) => tf.sum(tf.square(tf.mean(x, [0, 2])))],
  ["relu", (x) => tf.sum(tf.square(tf.relu(x)))],
];

for (const [name, f] of FUNCTIONS) {
  test(`registerGradients() leaves the gradient of ${name} as it is`, async () => {
    await tf.setBackend("cpu");
    const x = tf.randomNormal([2, 3, 4], 0, 1, "float32", 5);
    const original = await tf.grad(f)(x).data();
    registerGradients();
    const own = await tf.grad(f)(x).data();
    unregisterGradients();
    assert.equal(own.length, original.length);
    own.forEach((value, i) => assert(Math.abs(value - original[i]!) < 1e-5));
  });
}

test("unregisterGradients() restores tfjs's own", () => {
  const original = tf.getGradient("Sum")!.gradFunc;
  registerGradients();
  assert.notEqual(tf.getGradient("Sum")!.gradFunc, original);
  unregisterGradients();
  assert.equal(tf.getGradient("Sum")!.gradFunc, original);
});
