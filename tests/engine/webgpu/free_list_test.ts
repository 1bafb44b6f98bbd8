import assert from "node:assert/strict";
import { test } from "node:test";
import { FreeList } from "../../../lib/engine/webgpu/free_list.ts";

function buffer(size: number, usage = 0x80): GPUBuffer {
  return { size, usage } as unknown as GPUBuffer;
}

test("FreeList.take() prefers the exact size, then the smallest that fits", () => {
  const list = new FreeList();
  const [small, fit, large] = [buffer(256), buffer(512), buffer(768)];
  for (const entry of [large, fit, small]) list.put({ buffer: entry, epoch: 0 });
  const query = { usage: 0x80, epoch: 0, maxBytes: 1024 };
  assert.equal(list.take({ bytes: 512, ...query }), fit);
  assert.equal(list.take({ bytes: 300, ...query }), large);
  assert.equal(list.take({ bytes: 300, ...query }), null);
  assert.equal(list.count, 1);
});

test("FreeList.take() skips buffers of another usage, too large or released too late", () => {
  const list = new FreeList();
  list.put({ buffer: buffer(512, 0x40), epoch: 0 });
  list.put({ buffer: buffer(2048), epoch: 0 });
  list.put({ buffer: buffer(512), epoch: 5 });
  assert.equal(list.take({ bytes: 512, usage: 0x80, epoch: 4, maxBytes: 768 }), null);
});

test("FreeList.settled() lists what was released before an epoch, largest first", () => {
  const list = new FreeList();
  const [a, b, c] = [buffer(256), buffer(512), buffer(1024)];
  [a, b, c].forEach((entry, epoch) => list.put({ buffer: entry, epoch }));
  assert.deepEqual(list.settled(2), [b, a]);
  list.remove(b);
  assert.deepEqual(list.clear(), [a, c]);
  assert.equal(list.count, 0);
});
