import assert from "node:assert/strict";
import { test } from "node:test";
import { runProcess } from "../../support/cli_process.ts";

test(
  "segadv doctor --json reports the backends and what auto would pick",
  { timeout: 240_000 },
  async () => {
    const { code, out } = await runProcess(["doctor", "--json"]);
    const { backends, auto, runtime } = JSON.parse(out);
    assert.deepEqual(backends.map(({ name }: { name: string }) => name), ["webgpu", "wasm", "cpu"]);
    assert.equal(code, auto === null ? 1 : 0);
    assert.match(runtime, /^(deno|bun|node) \d/);
  },
);

test("segadv doctor says the same in words", { timeout: 240_000 }, async () => {
  const { out } = await runProcess(["doctor"]);
  assert.match(out, /^backend +state +start +device\n/m);
  assert.match(out, /^wasm +(works|fails)/m);
  const adapter = /^WebGPU adapter .*$/m.exec(out)?.[0];
  if (adapter !== undefined) {
    assert.match(adapter, / by (Vulkan|Metal|D3D12|OpenGL)(, software: auto never picks it)?$/);
  }
  assert.match(out, /^auto (picks (webgpu|wasm)|finds no backend that works)$/m);
});
