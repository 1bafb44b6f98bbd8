import assert from "node:assert/strict";
import { test } from "node:test";
import { dryGpu } from "../../bench/dry_gpu.ts";

const [UNIFORM, STORAGE, MAP_READ] = [0x40, 0x80, 0x1];

test("countingGpu() counts launches, bytes in buffers, and writes of tensors", async () => {
  const { gpu, counts } = dryGpu(); // a counting one around one that does nothing
  const device = await (await gpu.requestAdapter())!.requestDevice();
  const tensor = device.createBuffer({ size: 400, usage: STORAGE });
  const parameters = device.createBuffer({ size: 16, usage: UNIFORM });
  const staging = device.createBuffer({ size: 8, usage: MAP_READ });
  device.createBuffer({ size: 32, usage: STORAGE, mappedAtCreation: true });
  device.queue.writeBuffer(tensor, 0, new Float32Array(100));
  device.queue.writeBuffer(parameters, 0, new Uint32Array(4));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.dispatchWorkgroups(1);
  pass.dispatchWorkgroups(2, 3);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  tensor.destroy();
  tensor.destroy();
  assert.deepEqual({ ...counts }, {
    dispatches: 2,
    uploadBytes: 400 + 32,
    submits: 1,
    passes: 1,
    bindGroups: 0,
    readbacks: 1,
    buffers: 4,
    bytes: 16 + 8 + 32,
    peakBytes: 400 + 16 + 8 + 32,
  });
});
