import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  BUFFER_USAGE,
  MAP_MODE_READ,
  packScalars,
  packTfjsUniforms,
  submitAndRead,
  UniformBuffer,
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

function uniformBuffer() {
  const writes: number[] = [];
  const queue = { writeBuffer: (...args: unknown[]) => writes.push(args[4] as number) };
  const device = { queue, createBuffer: () => ({ destroy: () => {} }) };
  return { uniforms: new UniformBuffer(device as unknown as GPUDevice), writes };
}

test("UniformBuffer.add() gives aligned ranges that do not overlap, in one write", () => {
  const { uniforms, writes } = uniformBuffer();
  const ranges = [4, 16, 300].map((n) => uniforms.add(new ArrayBuffer(n), () => {}));
  assert.deepEqual(ranges.map((r) => r.offset), [0, 256, 512]);
  assert.deepEqual(ranges.map((r) => r.size), [16, 16, 304]);
  uniforms.flush();
  uniforms.flush();
  assert.deepEqual(writes, [1024]);
});

test("UniformBuffer.add() submits when it is full and starts again", () => {
  const { uniforms } = uniformBuffer();
  let submits = 0;
  for (let i = 0; i < 257; i++) uniforms.add(new ArrayBuffer(16), () => submits++);
  assert.equal(submits, 1);
  assert.equal(uniforms.add(new ArrayBuffer(16), () => submits++).offset, 256);
});

test("packScalars() writes each scalar by its type, little-endian", () => {
  const view = new DataView(
    packScalars([["count", "u32"], ["shift", "i32"], ["scale", "f32"]], [4e9, -2, 0.5]),
  );
  assert.equal(view.getUint32(0, true), 4e9);
  assert.equal(view.getInt32(4, true), -2);
  assert.equal(view.getFloat32(8, true), 0.5);
});

test("packTfjsUniforms() aligns vectors as WGSL does", () => {
  const bytes = packTfjsUniforms([
    { type: "float32", data: [0.5] },
    { type: "int32", data: [1, 2] },
    { type: "int32", data: [3, 4, 5] },
    { type: "uint32", data: [6] },
  ]);
  const words = [...new Int32Array(bytes)];
  assert.deepEqual(words.slice(1), [0, 1, 2, 3, 4, 5, 6]);
});
