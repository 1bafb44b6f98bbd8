import { test } from "node:test";
import { assertFitsAsOnCpu } from "../../support/layers_model_fit.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

const skip = await noAdapter();

test("registerWebgpuBackend() lets a tfjs LayersModel fit, as it does on backend cpu", {
  skip,
}, async () => {
  const engine = await import("../../../lib/engine/webgpu/mod.ts");
  await engine.registerWebgpuBackend();
  await assertFitsAsOnCpu("webgpu");
  engine.disposeWebgpuBackend();
});
