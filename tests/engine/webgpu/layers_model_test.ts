import { test } from "node:test";
import { assertFitsAsOnCpu } from "../_layers_model.ts";
import { noAdapter } from "./_adapter.ts";

const skip = await noAdapter();

test("registerWebgpuBackend lets a stock LayersModel fit, as it does on backend cpu", {
  skip,
}, async () => {
  const engine = await import("../../../lib/engine/webgpu/mod.ts");
  await engine.registerWebgpuBackend();
  await assertFitsAsOnCpu("webgpu");
  engine.disposeWebgpuBackend();
});
