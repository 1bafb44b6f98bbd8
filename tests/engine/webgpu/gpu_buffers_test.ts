import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  BUFFER_USAGE,
  MAP_MODE_READ,
  submitAndRead,
} from "../../../lib/engine/webgpu/gpu_buffers.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

const skip = await noAdapter();

describe("BUFFER_USAGE", { skip }, () => {
  test("BUFFER_USAGE has the numbers of the runtime's GPUBufferUsage", () => {
    for (const [name, flag] of Object.entries(BUFFER_USAGE)) {
      assert.equal(flag, GPUBufferUsage[name as keyof typeof BUFFER_USAGE], name);
    }
    assert.equal(MAP_MODE_READ, GPUMapMode.READ);
  });

  test("submitAndRead() returns the first bytes of a buffer after earlier commands", async () => {
    const { openDevice } = await import("../../../lib/engine/webgpu/device.ts");
    const { device, errors } = await openDevice();
    const usage = BUFFER_USAGE.COPY_SRC | BUFFER_USAGE.COPY_DST;
    const [from, to] = [0, 1].map(() => device.createBuffer({ size: 16, usage }));
    device.queue.writeBuffer(from!, 0, Uint32Array.of(1, 2, 3, 4));
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(from!, 0, to!, 0, 16);
    const bytes = await submitAndRead(device, encoder, { buffer: to!, bytes: 8 });
    assert.deepEqual([...new Uint32Array(bytes)], [1, 2]);
    await errors.check();
    errors.close();
    device.destroy();
  });
});
