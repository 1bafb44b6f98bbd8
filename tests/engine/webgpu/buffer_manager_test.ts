import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { BufferManager, sizeClass } from "../../../lib/engine/webgpu/buffer_manager.ts";
import { newCounters } from "../../../lib/engine/webgpu/context.ts";

const STORAGE = 0x80;

/** A device whose buffers are only sizes. */
function fakeDevice(): { device: GPUDevice; live: Set<object>; made: () => number } {
  const live = new Set<object>();
  let made = 0;
  const createBuffer = ({ size, usage }: { size: number; usage: number }) => {
    const buffer = { size, usage, destroy: () => live.delete(buffer) };
    live.add(buffer);
    made++;
    return buffer;
  };
  return { device: { createBuffer } as unknown as GPUDevice, live, made: () => made };
}

function manager(capBytes = Infinity) {
  const { device, live, made } = fakeDevice();
  const counters = newCounters();
  const submit = () => void pool.epoch++;
  const options = {
    capBytes,
    bindingBytes: 2 ** 27,
    adapter: "toy",
    counters,
    submit,
  };
  const pool: BufferManager = new BufferManager(device, options);
  return { pool, live, counters, made };
}

test("sizeClass() holds the bytes, wastes at most an eighth, keeps to the limit", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 27 }), (bytes) => {
    const size = sizeClass(bytes, 2 ** 27);
    assert(size >= bytes && size <= 2 ** 27 && size % 4 === 0);
    assert(size <= Math.max(bytes * 1.126, bytes + 256));
  }));
});

test("BufferManager.acquireBuffer() gives a released storage buffer to the next tensor of its class", () => {
  const { pool, live } = manager();
  const first = pool.acquireBuffer(1000, STORAGE);
  pool.releaseBuffer(first);
  assert.equal(pool.acquireBuffer(1010, STORAGE), first);
  assert.equal(live.size, 1);
});

test("BufferManager.acquireBuffer() does not reuse a uniform buffer before its commands are submitted", () => {
  const { pool } = manager();
  const first = pool.acquireBuffer(64, 8);
  pool.releaseBuffer(first);
  assert.notEqual(pool.acquireBuffer(64, 8), first);
  pool.epoch++;
  assert.equal(pool.acquireBuffer(64, 8), first);
});

test("BufferManager.acquireBuffer() destroys idle buffers before it throws at the cap", () => {
  const { pool, live } = manager(3 * 2 ** 20);
  const first = pool.acquireBuffer(2 ** 21, STORAGE);
  pool.releaseBuffer(first);
  pool.epoch++;
  pool.acquireBuffer(2 ** 21 + 2 ** 19, STORAGE);
  assert.equal(live.size, 1);
  pool.purpose = { dtype: "float32", shape: [512, 512] };
  assert.throws(() => pool.acquireBuffer(2 ** 20, STORAGE), {
    name: "RangeError",
    message: "Out of adapter memory: float32 tensor [512,512] of 1.0 MiB does not fit beside " +
      "2.5 MiB in use under the cap of 3.0 MiB; lower data.batch, data.crop or model.width",
  });
  pool.capBytes = 2 ** 22;
  pool.acquireBuffer(2 ** 20, STORAGE);
});

test("BufferManager.acquireBuffer() refuses a buffer that cannot be bound", () => {
  const { pool, live } = manager();
  pool.purpose = { dtype: "int32", shape: [2 ** 25 + 1] };
  assert.throws(() => pool.acquireBuffer(2 ** 27 + 4, STORAGE), {
    name: "RangeError",
    message: /^Cannot put int32 tensor \[33554433\] on toy: it takes 128\.0 MiB and the adapter /,
  });
  assert.equal(live.size, 0);
});

test("BufferManager.releaseBuffer() does not accumulate buffers of sizes that came once", () => {
  const { pool } = manager();
  pool.keepIdleBytes = 2 ** 20;
  for (let size = 2 ** 18; size < 2 ** 26; size *= 1.2) {
    pool.releaseBuffer(pool.acquireBuffer(size, STORAGE));
    pool.epoch++;
    assert(pool.numBytesAllocated <= 2.5 * size + 2 ** 20);
  }
});

test("BufferManager.acquireBuffer() counts bytes in use and allocated over any sequence", () => {
  const sequence = fc.array(fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.boolean()));
  fc.assert(fc.property(sequence, (steps) => {
    const { pool, live, counters } = manager();
    const held: GPUBuffer[] = [];
    for (const [bytes, release] of steps) {
      const buffer = pool.acquireBuffer(bytes, STORAGE);
      assert(!held.includes(buffer));
      held.push(buffer);
      if (release) pool.releaseBuffer(held.shift()!);
      pool.epoch++;
    }
    const used = held.reduce((sum, b) => sum + b.size, 0);
    assert.equal(pool.numBytesUsed, used);
    assert.equal(pool.getNumUsedBuffers(), held.length);
    assert.equal(pool.getNumUsedBuffers() + pool.getNumFreeBuffers(), live.size);
    assert(counters.peakAllocatedBytes >= pool.numBytesAllocated);
    pool.dispose();
    assert.equal(live.size, 0);
  }));
});

/** A training step: ten layers' activations forward, freed backward beside two gradients. */
function step(pool: BufferManager): void {
  const sizes = [9, 9, 7, 7, 7, 5, 5, 3, 3, 2].map((n) => n * 2 ** 20);
  const activations = sizes.map((size) => pool.acquireBuffer(size, STORAGE));
  let gradient = pool.acquireBuffer(sizes.at(-1)!, STORAGE);
  for (const [i, size] of [...sizes.entries()].reverse()) {
    const next = pool.acquireBuffer(size - 2 ** 18, STORAGE);
    pool.releaseBuffer(gradient);
    pool.releaseBuffer(activations[i]!);
    gradient = next;
    pool.epoch++;
  }
  pool.releaseBuffer(gradient);
}

test("BufferManager.acquireBuffer() allocates nothing in a step that has repeated, and other steps still run", () => {
  const { pool, made, counters } = manager();
  pool.keepIdleBytes = 0;
  const steps = (n: number): number[] =>
    Array.from({ length: n }, () => {
      const before = made();
      step(pool);
      return made() - before;
    });
  const first = steps(40);
  assert(first[1]! > 0, "the pool alone has enough memory: this tests nothing");
  assert.deepEqual(first.slice(-5), [0, 0, 0, 0, 0]);
  const peak = counters.peakAllocatedBytes;
  // Validation between two steps, and then again.
  for (const size of [3, 11, 4]) pool.releaseBuffer(pool.acquireBuffer(size * 2 ** 20, STORAGE));
  steps(2);
  assert.deepEqual(steps(3), [0, 0, 0]);
  assert(counters.peakAllocatedBytes <= peak + 11 * 2 ** 20);
  pool.trim();
  assert.equal(pool.numBytesAllocated, 0);
  assert.equal(pool.getNumFreeBuffers(), 0);
});
