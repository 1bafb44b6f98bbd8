import { test } from "node:test";
import assert from "node:assert/strict";
import { ErrorCollector } from "../../../lib/engine/webgpu/error_collector.ts";

/** A device that errors and is lost on demand. */
function fakeDevice() {
  const target = new EventTarget();
  let lose: (info: { reason: string; message: string }) => void = () => {};
  const lost = new Promise((resolve) => lose = resolve);
  let waits = 0;
  const queue = { onSubmittedWorkDone: () => Promise.resolve(void waits++) };
  const device = Object.assign(target, { lost, queue }) as unknown as GPUDevice;
  const fail = (error: Error) => {
    target.dispatchEvent(Object.assign(new Event("uncapturederror"), { error }));
  };
  return { device, fail, lose, waits: () => waits };
}

test("ErrorCollector.check() throws the first error and the count, once", async () => {
  const { device, fail } = fakeDevice();
  const errors = new ErrorCollector(device);
  await errors.check();
  fail(new RangeError(["first", "of two"].join("\n  ")));
  fail(new TypeError("second"));
  assert.equal(errors.count, 2);
  await assert.rejects(errors.check(), /2 errors .*the first: RangeError: first of two/);
  await errors.check();
});

test("ErrorCollector.check() throws errors that arrive within the same turn", async () => {
  const { device, fail } = fakeDevice();
  const errors = new ErrorCollector(device);
  const check = errors.check();
  fail(new Error("late"));
  await assert.rejects(check, /late/);
});

test("ErrorCollector.check() throws for a lost device, each time", async () => {
  const { device, lose } = fakeDevice();
  const errors = new ErrorCollector(device);
  lose({ reason: "unknown", message: "driver reset" });
  await assert.rejects(errors.check(), /lost \(unknown: driver reset\)/);
  await assert.rejects(errors.check(), /last checkpoint/);
});

test("ErrorCollector.check() ignores the loss of a closed device", async () => {
  const { device, lose } = fakeDevice();
  const errors = new ErrorCollector(device);
  errors.close();
  lose({ reason: "destroyed", message: "" });
  await errors.check();
});

test("ErrorCollector.check() names the remedy where the adapter's memory is full", async () => {
  class GPUOutOfMemoryError extends Error {}
  const { device, fail } = fakeDevice();
  const errors = new ErrorCollector(device);
  fail(new GPUOutOfMemoryError("not enough memory left"));
  await assert.rejects(errors.check(), /not enough memory left; lower data\.batch, data\.crop/);
});

test("ErrorCollector.check() waits for the adapter after every eighth step", async () => {
  const { device, waits } = fakeDevice();
  const errors = new ErrorCollector(device);
  const seen: number[] = [];
  for (let step = 1; step <= 24; step++) {
    await errors.check();
    seen.push(waits());
  }
  assert.deepEqual([seen[6], seen[7], seen[14], seen[15], seen[23]], [0, 1, 1, 2, 3]);
});
