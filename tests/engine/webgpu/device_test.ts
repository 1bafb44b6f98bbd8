import { spawnSync } from "node:child_process";
import process from "node:process";
import { describe, test } from "node:test";
import assert from "node:assert/strict";
import {
  adapterApi,
  ErrorCollector,
  isSoftwareAdapter,
  openDevice,
  slowAdapter,
} from "../../../lib/engine/webgpu/device.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

/** A device that errors and is lost on demand. */
function fakeDevice() {
  const target = new EventTarget();
  let lose: (info: { reason: string; message: string }) => void = () => {};
  const lost = new Promise((resolve) => lose = resolve);
  let waits = 0;
  const queue = { onSubmittedWorkDone: () => Promise.resolve(void waits++) };
  const device = Object.assign(target, { lost, queue }) as unknown as GPUDevice;
  const fail = (error: Error) => {
    target.dispatchEvent(Object.assign(new Event("uncapturederror"), { error }));
  };
  return { device, fail, lose, waits: () => waits };
}

test("ErrorCollector.check() throws the first error and the count, once", async () => {
  const { device, fail } = fakeDevice();
  const errors = new ErrorCollector(device);
  await errors.check();
  fail(new RangeError(["first", "of two"].join("\n  ")));
  fail(new TypeError("second"));
  assert.equal(errors.count, 2);
  await assert.rejects(errors.check(), /2 errors .*the first: RangeError: first of two/);
  await errors.check();
});

test("ErrorCollector.check() throws errors that arrive within the same turn", async () => {
  const { device, fail } = fakeDevice();
  const errors = new ErrorCollector(device);
  const check = errors.check();
  fail(new Error("late"));
  await assert.rejects(check, /late/);
});

test("ErrorCollector.check() throws for a lost device, each time", async () => {
  const { device, lose } = fakeDevice();
  const errors = new ErrorCollector(device);
  lose({ reason: "unknown", message: "driver reset" });
  await assert.rejects(errors.check(), /lost \(unknown: driver reset\)/);
  await assert.rejects(errors.check(), /last checkpoint/);
});

test("ErrorCollector.check() ignores the loss of a closed device", async () => {
  const { device, lose } = fakeDevice();
  const errors = new ErrorCollector(device);
  errors.close();
  lose({ reason: "destroyed", message: "" });
  await errors.check();
});

test("ErrorCollector.check() names the remedy where the adapter's memory is full", async () => {
  class GPUOutOfMemoryError extends Error {}
  const { device, fail } = fakeDevice();
  const errors = new ErrorCollector(device);
  fail(new GPUOutOfMemoryError("not enough memory left"));
  await assert.rejects(errors.check(), /not enough memory left; lower data\.batch, data\.crop/);
});

test("ErrorCollector.check() waits for the adapter after every eighth step", async () => {
  const { device, waits } = fakeDevice();
  const errors = new ErrorCollector(device);
  const seen: number[] = [];
  for (let step = 1; step <= 24; step++) {
    await errors.check();
    seen.push(waits());
  }
  assert.deepEqual([seen[6], seen[7], seen[14], seen[15], seen[23]], [0, 1, 1, 2, 3]);
});

const skip = await noAdapter();

describe("isSoftwareAdapter()", () => {
  const cases: [string, boolean][] = [
    ["llvmpipe (LLVM 15.0.6, 256 bits)", true],
    ["SwiftShader Device (Subzero)", true],
    ["Microsoft Basic Render Driver", true],
    ["NVIDIA H100 80GB HBM3", false],
    ["Intel(R) Arc(TM) A770", false],
  ];
  for (const [description, software] of cases) {
    test(`isSoftwareAdapter() of "${description}" is ${software}`, () => {
      const info = { vendor: "", architecture: "", device: "", description };
      assert.equal(isSoftwareAdapter({ info } as unknown as GPUAdapter), software);
    });
  }
});

/** An adapter as wgpu describes it. */
function wgpuAdapter(
  description: string,
  [smallest, largest]: [number, number],
  maxBindingsPerBindGroup: number,
): GPUAdapter {
  const subgroups = { subgroupMinSize: smallest, subgroupMaxSize: largest };
  const info = { vendor: "65541", architecture: "", device: "0", description, ...subgroups };
  return { info, limits: { maxBindingsPerBindGroup } } as unknown as GPUAdapter;
}

const UNBOUNDED = 2 ** 32 - 1;

describe("adapterApi()", () => {
  const cases: [api: string, platform: string, adapter: GPUAdapter, slow: boolean][] = [
    ["OpenGL", "linux", wgpuAdapter("llvmpipe (LLVM 15)", [4, 128], UNBOUNDED), true],
    ["OpenGL", "linux", wgpuAdapter("Mesa Intel(R) UHD", [4, 128], UNBOUNDED), false],
    ["Vulkan", "linux", wgpuAdapter("llvmpipe (LLVM 15)", [8, 8], 1024), false],
    ["Vulkan", "linux", wgpuAdapter("an older driver", [4, 128], 1024), false],
    ["D3D12", "win32", wgpuAdapter("NVIDIA RTX", [32, 32], UNBOUNDED), false],
    ["D3D12", "win32", wgpuAdapter("Microsoft Basic Render Driver", [4, 128], UNBOUNDED), false],
    ["Vulkan", "win32", wgpuAdapter("NVIDIA RTX", [32, 32], 1024), false],
    ["Metal", "darwin", wgpuAdapter("Apple M2", [4, 64], UNBOUNDED), false],
  ];
  for (const [api, platform, adapter, slow] of cases) {
    test(`adapterApi() of ${adapter.info.description} on ${platform} is ${api}`, () => {
      assert.equal(adapterApi(adapter, platform), api);
      if (platform === process.platform) assert.equal(slowAdapter(adapter) !== null, slow);
    });
  }

  test("adapterApi() of Dawn, which names the vendor, is the system's own", () => {
    const info = { vendor: "mesa", description: "llvmpipe", subgroupMinSize: 4 };
    const adapter = { info, limits: { maxBindingsPerBindGroup: UNBOUNDED } };
    assert.equal(adapterApi(adapter as unknown as GPUAdapter, "linux"), "Vulkan");
  });

  for (const [backend, api] of [["gl", "OpenGL"], ["vulkan", "Vulkan"]] as const) {
    test(`adapterApi() of an adapter that Deno finds by ${backend} is ${api}`, {
      skip: "Deno" in globalThis && process.platform === "linux" ? false : "needs Deno on Linux",
    }, (t) => {
      const module = new URL("../../../lib/engine/webgpu/device.ts", import.meta.url);
      const program = `import { adapterApi } from ${JSON.stringify(module.href)};
        const adapter = await navigator.gpu.requestAdapter();
        console.log(adapter === null ? "none" : adapterApi(adapter));`;
      const env = { ...process.env, NO_COLOR: "1", DENO_WEBGPU_BACKEND: backend };
      const { stdout } = spawnSync(process.execPath, ["eval", program], { env });
      const found = String(stdout).trim();
      if (found === "none") return t.skip(`no adapter by ${backend}`);
      assert.equal(found, api);
    });
  }
});

/** An implementation as bun-webgpu's: it throws at the older flag, and at limits it has none of. */
function strictGpu(info: { device: string }): GPU {
  const limits = { maxBufferSize: 2 ** 30, maxImmediateSize: 0 };
  const adapter = {
    info: { vendor: "", architecture: "", description: "", isFallbackAdapter: false, ...info },
    limits,
    features: new Set(["timestamp-query"]),
    get isFallbackAdapter(): boolean {
      throw new Error("Not implemented");
    },
    requestDevice({ requiredLimits }: { requiredLimits: Record<string, number> }) {
      if (requiredLimits.maxImmediateSize !== 0) throw new Error("between 0 and 0, got 64");
      const buffer = { destroy() {} };
      const lost = new Promise(() => {});
      const listener = { addEventListener() {}, queue: {}, lost };
      return Promise.resolve({
        ...listener,
        limits,
        features: new Set(),
        createBuffer: () => buffer,
      });
    },
  };
  return { requestAdapter: () => Promise.resolve(adapter) } as unknown as GPU;
}

describe("openDevice() with another implementation", () => {
  test("openDevice() requests no limit that the adapter lacks", async () => {
    const { name, software, limits } = await openDevice({ gpu: strictGpu({ device: "card" }) });
    assert.deepEqual([name, software, limits.maxBufferSize], ["card", false, 2 ** 30]);
  });

  test("openDevice() refuses Dawn's null adapter", async () => {
    const gpu = strictGpu({ device: "null-backend" });
    await assert.rejects(openDevice({ gpu }), /no adapter was found; install a GPU driver/);
  });
});

describe("openDevice()", () => {
  test("openDevice() takes the adapter's maximum limits", { skip }, async () => {
    const adapter = await navigator.gpu.requestAdapter();
    const training = await openDevice();
    for (const [name, value] of Object.entries(training.limits)) {
      assert.equal(value, (adapter!.limits as unknown as Record<string, number>)[name], name);
    }
    assert.equal(training.software, isSoftwareAdapter(adapter!));
    training.errors.close();
    training.device.destroy();
    await training.device.lost;
    await training.errors.check();
  });

  test("openDevice() says how to get WebGPU", {
    skip: "Deno" in globalThis && "Deno has navigator.gpu",
  }, async () => {
    await assert.rejects(openDevice(), /no navigator\.gpu; run with Deno/);
  });
});
