import { spawnSync } from "node:child_process";
import process from "node:process";
import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { adapterApi, isSoftwareAdapter, slowAdapter } from "../../../lib/engine/webgpu/adapter.ts";

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
      const module = new URL("../../../lib/engine/webgpu/adapter.ts", import.meta.url);
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
