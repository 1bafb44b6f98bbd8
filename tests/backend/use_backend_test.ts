import { describe, test } from "node:test";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { hasRelaxedSimd } from "../../lib/engine/wasm/relaxed_simd.ts";
import { currentBackend, useBackend } from "../../lib/backend/use_backend.ts";
import { noAdapter } from "../support/webgpu_adapter.ts";

const skip = await noAdapter();

describe("useBackend()", () => {
  test("useBackend() makes the processor current and keeps a peak", async () => {
    const backend = await useBackend({ backend: "cpu" });
    assert.equal(tf.getBackend(), "cpu");
    assert.equal(backend.largestTensorBytes, null);
    const x = tf.zeros([1000]);
    const peak = backend.peakBytes();
    assert(peak >= 4000);
    x.dispose();
    assert.equal(backend.peakBytes(), peak);
    await backend.dispose();
  });

  test("currentBackend() is the one that is in use, whoever changed it", async () => {
    const cpu = await useBackend({ backend: "cpu" });
    assert.equal(currentBackend(), cpu);
    const wasm = await useBackend({ backend: "wasm", threads: 1 });
    assert.equal(currentBackend(), wasm);
    assert.equal(wasm.memoryBytes, 2 ** 32);
    await tf.setBackend("cpu");
    assert.equal(currentBackend(), null);
    await wasm.dispose();
  });

  test("useBackend() names the kernels that deterministic chose", async () => {
    const builds: string[] = [];
    for (const deterministic of [true, false]) {
      const { build, device, dispose } = await useBackend({
        backend: "wasm",
        threads: 1,
        deterministic,
      });
      builds.push(build);
      assert.equal(build.includes("relaxed"), device.includes("relaxed SIMD"));
      await dispose();
    }
    assert.match(builds[0]!, /, plain [0-9a-f]{12}$/);
    assert.match(builds[1]!, hasRelaxedSimd() ? /, relaxed [0-9a-f]{12}$/ : /, plain/);
  });

  for (const threads of [-1, 1.5, NaN]) {
    test(`useBackend() refuses threads ${threads}`, async () => {
      await assert.rejects(useBackend({ backend: "wasm", threads }), /threads/);
    });
  }

  test("useBackend() refuses an unknown name", async () => {
    await assert.rejects(useBackend({ backend: "cuda" as "cpu" }), /"cuda".*auto, webgpu, wasm/);
  });

  test("useBackend() says what to do where WebGPU is missing", async () => {
    const gpu = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
    await assert.rejects(useBackend({ backend: "webgpu", gpu }), /mesa-vulkan-drivers/);
  });

  test("useBackend() never picks a software adapter for auto", async () => {
    const info = { description: "llvmpipe", vendor: "", architecture: "", device: "" };
    const fake = { info, limits: {}, features: new Set() };
    const gpu = { requestAdapter: () => Promise.resolve(fake) } as unknown as GPU;
    const backend = await useBackend({ backend: "auto", gpu, threads: 1 });
    assert.equal(backend.name, "wasm");
    await backend.dispose();
    await tf.setBackend("cpu");
  });

  test("useBackend() opens a WebGPU adapter by name", { skip }, async () => {
    const backend = await useBackend({ backend: "webgpu" });
    assert.equal(tf.getBackend(), "webgpu");
    assert.notEqual(backend.device, "");
    assert(backend.largestTensorBytes! >= 128 * 2 ** 20);
    const sum = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), tf.tensor1d([3, 4])));
    assert.deepEqual([...await sum.data()], [4, 6]);
    await backend.checkErrors();
    await backend.dispose();
    await tf.setBackend("cpu");
  });
});
