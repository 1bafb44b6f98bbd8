import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Demand,
  FreeList,
  planBuffers,
  StepWatcher,
} from "../../../lib/engine/webgpu/buffer_reuse.ts";
import fc from "fast-check";

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

const demands = fc.array(
  fc.record({ bytes: fc.integer({ min: 1, max: 1000 }), life: fc.option(fc.nat({ max: 60 })) }),
  { minLength: 1, maxLength: 60 },
).map((list): Demand[] =>
  list.map(({ bytes, life }) => ({
    bytes,
    life: life === null || life >= list.length ? null : life,
  }))
);

test("planBuffers() gives no buffer to two requests at a time, over any number of steps", () => {
  fc.assert(fc.property(demands, (list) => {
    const { slots, slotBytes } = planBuffers(list);
    const until = slotBytes.map(() => -1);
    for (let request = 0; request < 3 * list.length; request++) {
      const i = request % list.length;
      const slot = slots[i]!;
      if (list[i]!.life === null) {
        assert.equal(slot, null);
        continue;
      }
      assert(slotBytes[slot]! >= list[i]!.bytes);
      assert(until[slot]! < request, `request ${request} meets another in slot ${slot}`);
      until[slot] = request + list[i]!.life!;
    }
  }));
});

test("planBuffers() reuses what is free: a chain of layers takes its three largest", () => {
  const chain = [5, 9, 7, 3, 8].map((bytes) => ({ bytes, life: 1 }));
  const { slotBytes } = planBuffers(chain);
  assert(slotBytes.reduce((a, b) => a + b) <= 9 + 8 + 7);
});

/** Runs a step of this program on a watcher: numbers request, negative ones release. */
function run(watcher: StepWatcher, program: number[]): ReturnType<StepWatcher["plan"]> {
  const requests: number[] = [];
  for (const step of program) {
    if (step > 0) {
      requests.push(watcher.requested(step));
      const found = watcher.plan();
      if (found !== null) return found;
    } else watcher.released(requests[-step - 1]!);
  }
  return null;
}

/** Ten requests, each released after the next; the first lives to the end. */
const STEP = [
  ...[100, 20, 30, -2, 40, -3, 50, -4, 60, -5, 70, -6, 80, -7, 90, -8],
  ...[95, -9, 85, -10, -11, -1],
];

test("StepWatcher.plan() begins after three equal steps, where the fewest bytes are in use", () => {
  const watcher = new StepWatcher();
  run(watcher, [7, 7, 8, 1000, -4, 9]); // a first step is often of its own
  let found: ReturnType<StepWatcher["plan"]> = null;
  let steps = 0;
  while (found === null && steps < 200) {
    found = run(watcher, STEP);
    steps++;
  }
  assert(found !== null);
  const { plan, wait } = found;
  assert.equal(plan.demands.length, 11);
  const first = (11 - plan.demands.indexOf(100)) % 11;
  assert.equal(first, 0, "the step begins with nothing in use");
  assert(wait >= 0 && wait < 11);
  assert(plan.slotBytes.reduce((a, b) => a + b) <= 100 + 95 + 90);
});

test("StepWatcher.plan() gives up where nothing repeats", () => {
  const watcher = new StepWatcher();
  let request = 0;
  while (!watcher.ended && request < 300_000) {
    watcher.requested(1 + (request * request) % 7919 + request);
    assert.equal(watcher.plan(), null);
    request++;
  }
  assert(watcher.ended);
});

test("StepWatcher.plan() mistakes no loop for a step", () => {
  const watcher = new StepWatcher();
  for (let i = 0; i < 400; i++) {
    watcher.requested(64);
    assert.equal(watcher.plan(), null);
  }
});
