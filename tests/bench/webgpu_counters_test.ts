import assert from "node:assert/strict";
import { test } from "node:test";
import { dryGpu } from "../../bench/dry_gpu.ts";
import { counterRows } from "../../bench/webgpu_counters.ts";

test("counterRows() on a WebGPU that computes nothing are within what the engine promises", {
  skip: !("Deno" in globalThis) && "stock TensorFlow.js wants the runtime's own WebGPU",
  timeout: 240_000,
}, async () => {
  const rows = new Map((await counterRows(dryGpu().gpu)).map((row) => [row.name, row]));
  const value = (name: string): number => rows.get(name)!.value;
  const full = (name: string): number => rows.get(name)!.extrapolated!.value / 1e9;
  assert.ok(value("dispatches/bottleneck-step") <= 50);
  assert.ok(rows.get("dispatches/resnet50-step")!.ratio >= 4);
  for (const network of ["fcn8s", "resnet50"]) {
    const [f32, mixed] = ["", "-mixed"].map((kind) => value(`dispatches/${network}${kind}-step`));
    assert.ok(
      mixed! <= f32! + 20,
      `${network}: ${mixed} launches in mixed precision, ${f32} in f32`,
    );
  }
  assert.ok(value("uploads-bytes/step") <= 65536);
  assert.ok(full("peak-bytes/fcn8s") <= 9, `${full("peak-bytes/fcn8s")} GB`);
  assert.ok(full("peak-bytes/fcn8s-mixed") < full("peak-bytes/fcn8s"));
  assert.ok(rows.get("peak-bytes/resnet50")!.ratio >= 2);
});
