import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { isSoftwareAdapter, openDevice } from "../../../lib/engine/webgpu/device.ts";
import { noAdapter } from "./_adapter.ts";

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

  test("openDevice() says where WebGPU is to be had", {
    skip: "Deno" in globalThis && "Deno has navigator.gpu",
  }, async () => {
    await assert.rejects(openDevice(), /no navigator\.gpu; run with Deno/);
  });
});
