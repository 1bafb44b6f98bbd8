import { after, before, test } from "node:test";
import { disposeWasmBackend, registerWasmBackend } from "../../../lib/engine/wasm/mod.ts";
import { assertFitsAsOnCpu } from "../../support/layers_model_fit.ts";

before(() => registerWasmBackend({ threads: 2 }));
after(disposeWasmBackend);

test("registerWasmBackend() lets a LayersModel of tfjs fit, as it does on backend cpu", async () => {
  await assertFitsAsOnCpu("wasm");
});
