import { test } from "node:test";
import assert from "node:assert/strict";
import { WorkerPool } from "../../lib/util/worker_pool.ts";
import type { PoolTask } from "./_pool_worker.ts";

type Result = { value: number; buffer: ArrayBuffer };

function poolOf(
  workers: number,
  options: { open?: number; setup?: null; module?: string } = {},
): WorkerPool<PoolTask, Result> {
  const { module = "./_pool_worker.ts" } = options;
  const open = new Int32Array(new SharedArrayBuffer(4)).fill(options.open ?? 99);
  const setup = options.setup === null ? null : { factor: 10, open };
  return new WorkerPool({ module: new URL(module, import.meta.url), setup, workers, depth: 2 });
}

function submit(
  pool: WorkerPool<PoolTask, Result>,
  value: number,
  options: { act?: PoolTask["act"]; lives?: number; group?: object } = {},
): Promise<Result> {
  const { act = "echo", group = {} } = options;
  const lives = new Int32Array(new SharedArrayBuffer(4)).fill(options.lives ?? 0);
  return pool.run(() => {
    const buffer = new ArrayBuffer(8);
    return { value: { act, value, lives, buffer }, transfer: [buffer] };
  }, { name: `task ${value}`, group });
}

test("WorkerPool.run() does more tasks than it has workers, each once, and moves their buffers", async () => {
  const pool = poolOf(2);
  const results = await Promise.all(Array.from({ length: 20 }, (_, i) => submit(pool, i)));
  assert.deepEqual(results.map(({ value }) => value), Array.from({ length: 20 }, (_, i) => i * 10));
  assert.deepEqual(results.map(({ buffer }) => new Uint8Array(buffer)[0]), [...Array(20).keys()]);
  await pool.close();
});

test("WorkerPool.run() waits for the first of its workers, not for all of them", async () => {
  const pool = poolOf(3, { open: 1 });
  const results = await Promise.all(Array.from({ length: 6 }, (_, i) => submit(pool, i)));
  assert.deepEqual(results.map(({ value }) => value), [0, 10, 20, 30, 40, 50]);
  await pool.close();
});

test("WorkerPool.run() passes on an error by its class and goes on", async () => {
  const pool = poolOf(1);
  const failing = submit(pool, 7, { act: "fail", lives: 1 });
  await assert.rejects(failing, { name: "RangeError", message: "Cannot use 7" });
  assert.equal((await submit(pool, 8)).value, 80);
  await pool.close();
});

for (const act of ["exit", "throw"] as const) {
  test(`WorkerPool.run() replaces a worker that ends by ${act}, and its tasks are done again`, async () => {
    const pool = poolOf(2);
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, i) => submit(pool, i, i === 3 ? { act, lives: 2 } : {})),
    );
    assert.deepEqual(results.map(({ value }) => value), [0, 10, 20, 30, 40, 50, 60, 70]);
    await pool.close();
  });
}

test("WorkerPool.run() gives up a task that ends every worker, and does the others", async () => {
  const pool = poolOf(1);
  const fatal = submit(pool, 1, { act: "exit", lives: 99 });
  const next = submit(pool, 2);
  await assert.rejects(fatal, { message: /^Cannot work on task 1: 3 workers ended over it/ });
  assert.equal((await next).value, 20);
  await pool.close();
});

test("WorkerPool.run() says why its workers cannot start", async () => {
  const unable = poolOf(2, { setup: null });
  await assert.rejects(submit(unable, 1), { message: /without a factor/ });
  await unable.close();
  const missing = poolOf(1, { module: "./no_such_worker.ts" });
  await assert.rejects(submit(missing, 1), { message: /^Cannot start a worker from ".*no_such/ });
  await missing.close();
});

test("WorkerPool.cancel() drops the tasks of a cancelled group that are not begun", async () => {
  const pool = poolOf(1);
  const group = {};
  const dropped = Array.from({ length: 6 }, (_, i) => submit(pool, i, { group }));
  const kept = submit(pool, 9);
  pool.cancel(group);
  for (const { status } of await Promise.allSettled(dropped)) assert.equal(status, "rejected");
  assert.equal((await kept).value, 90);
  await pool.close();
});

test("WorkerPool.close() rejects what is not done when it closes, and takes no more", async () => {
  const pool = poolOf(1);
  const pending = submit(pool, 1);
  const closed = pool.close();
  await assert.rejects(pending, { message: /its workers were ended/ });
  await closed;
  assert.throws(() => submit(pool, 2), {
    message: "Cannot work on task 2: its workers were ended",
  });
});
