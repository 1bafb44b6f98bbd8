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

test("doctor() tells Debian's users which packages bring a driver", async () => {
  const gpu = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
  const report = await doctor({ gpu });
  assert(report.advice.some((line) => line.includes("mesa-vulkan-drivers libvulkan1")));
});
