import process from "node:process";
import { test } from "node:test";
import assert from "node:assert/strict";
import { doctor } from "../../lib/backend/doctor.ts";

test("doctor() tries every backend and explains what does not work", async () => {
  const report = await doctor();
  assert.match(report.runtime, /^(deno|bun|node) \d+\./);
  assert.deepEqual(report.backends.map((b) => b.name), ["webgpu", "wasm", "cpu"]);
  for (const backend of report.backends) {
    assert.equal(backend.works, backend.problem === null);
    assert(backend.startMs >= 0);
  }
  assert(report.backends[2]!.works);
  assert.equal(typeof report.relaxedSimd, "boolean");
  assert.equal(report.adapter === null, report.backends[0]!.device === null);
  assert.equal(report.advice.length >= report.backends.filter((b) => !b.works).length, true);
});

test("doctor() tries no WebGPU by software OpenGL, and says what to install", {
  skip: process.platform === "linux" ? false : "Linux's OpenGL is imitated",
}, async () => {
  const info = {
    vendor: "65541",
    architecture: "",
    device: "0",
    description: "llvmpipe (LLVM 15)",
    subgroupMinSize: 4,
    subgroupMaxSize: 128,
    isFallbackAdapter: true,
  };
  const limits = { maxBindingsPerBindGroup: 2 ** 32 - 1, maxBufferSize: 2 ** 31 };
  const device = Object.assign(new EventTarget(), {
    limits,
    features: new Set(),
    queue: {},
    lost: new Promise(() => {}),
    createBuffer: () => ({ destroy() {} }),
    destroy() {},
  });
  const requestDevice = () => Promise.resolve(device);
  const adapter = { info, limits, features: new Set(), requestDevice };
  const gpu = { requestAdapter: () => Promise.resolve(adapter) } as unknown as GPU;
  const report = await doctor({ gpu });
  const { tried, works, problem } = report.backends[0]!;
  assert.deepEqual([report.adapter!.api, tried, works], ["OpenGL", false, false]);
  assert.equal(report.auto, "wasm");
  assert.match(problem!, /OpenGL on the processor.*mesa-vulkan-drivers libvulkan1/);
  assert.match(report.advice.join("\n"), /graphics card: .*libvulkan1/);
});

test("doctor() tells Debian's users which packages bring a driver", async () => {
  const gpu = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
  const report = await doctor({ gpu });
  assert(report.advice.some((line) => line.includes("mesa-vulkan-drivers libvulkan1")));
});
