import { test } from "node:test";
import assert from "node:assert/strict";
import { UniformArena } from "../../../lib/engine/webgpu/uniform_buffer.ts";

function arena() {
  const writes: number[] = [];
  const queue = { writeBuffer: (...args: unknown[]) => writes.push(args[4] as number) };
  const device = { queue, createBuffer: () => ({ destroy: () => {} }) };
  return { arena: new UniformArena(device as unknown as GPUDevice), writes };
}

test("UniformArena gives aligned windows that do not overlap, in one write", () => {
  const { arena: uniforms, writes } = arena();
  const windows = [4, 16, 300].map((n) => uniforms.add(new ArrayBuffer(n), () => {}));
  assert.deepEqual(windows.map((w) => w.offset), [0, 256, 512]);
  assert.deepEqual(windows.map((w) => w.size), [16, 16, 304]);
  uniforms.flush();
  uniforms.flush();
  assert.deepEqual(writes, [1024]);
});

test("UniformArena asks for room when it is full and starts again", () => {
  const { arena: uniforms } = arena();
  let submits = 0;
  for (let i = 0; i < 257; i++) uniforms.add(new ArrayBuffer(16), () => submits++);
  assert.equal(submits, 1);
  assert.equal(uniforms.add(new ArrayBuffer(16), () => submits++).offset, 256);
});
