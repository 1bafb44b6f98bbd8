import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { type Config, ConfigError } from "../../../lib/config/mod.ts";
import { requestAdapter } from "../../../lib/engine/webgpu/adapter.ts";
import { packError, unpackError } from "../../../lib/train/run/thread_messages.ts";
import type { TrainEvent } from "../../../lib/train/events.ts";
import { InterruptedRunError } from "../../../lib/train/errors.ts";
import { nonFiniteStep } from "../../../lib/train/errors.ts";
import { train } from "../../../lib/train/run/train.ts";
import { trainInThread, wantsThread } from "../../../lib/train/run/train_in_thread.ts";
import { eventually } from "../../support/eventually.ts";
import { longSkip } from "../../support/long_test.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";
import { config } from "../../support/config.ts";

const temporaryFolder = temporaryFolders();

const skip = await noAdapter();

function runConfig(...more: string[]): Promise<Config> {
  return config(
    "data.batch=2",
    "train.epochs=1",
    "schedule.warmupEpochs=0",
    "train.maxSteps=3",
    "validation.every=9",
    ...more,
  );
}

test("wantsThread() is for WebGPU", async () => {
  for (const backend of ["wasm", "cpu"] as const) {
    assert.equal(await wantsThread({ backend }), false);
  }
  const found = await requestAdapter().then(() => true, () => false); // even one that tests skip
  assert.equal(await wantsThread({ backend: "webgpu" }), found);
});

test("trainInThread() gives the bits and events of train()", async () => {
  const wasm = await runConfig("train.logEvery=1");
  const types = { thread: [] as string[], here: [] as string[] };
  const listen = (list: string[]) => ({ onEvent: (e: TrainEvent) => void list.push(e.type) });
  const result = await trainInThread({ config: wasm }, listen(types.thread));
  const expected = await train(wasm, listen(types.here));
  assert.equal(result.weightsSha256, expected.weightsSha256);
  assert.deepEqual(types.thread, types.here);
});

test("trainInThread() goes on with a run, and fails as train() does", async () => {
  const out = join(temporaryFolder(), "run");
  const cpu = await runConfig("checkpoint.everySteps=1");
  await trainInThread({ config: cpu, out });
  const overrides = ["train.maxSteps=4"];
  const result = await trainInThread({ resume: out, overrides });
  assert.deepEqual([result.resumedAt, result.steps], [3, 4]);
  await assert.rejects(trainInThread({ config: cpu, out }), /already/);
  await assert.rejects(
    trainInThread({ config: { ...cpu, seed: -1 } }),
    (error) => error instanceof ConfigError && error.issues[0]?.key === "seed",
  );
});

test("trainInThread() keeps the class and fields of an error", () => {
  const reading = { step: 3, epoch: 1, ids: ["a"], logs: { "loss/seg": NaN } };
  const before = { step: 2, ids: ["b"], logs: { "loss/seg": 1 } };
  const code = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const errors = [
    new TypeError("wrong type"),
    code,
    new ConfigError([{ key: "seed", message: "too small", where: null }]),
    nonFiniteStep(reading, { lastFinite: before, followsUpdate: false }).because("it went back"),
    new InterruptedRunError(code, { run: "runs/a", step: 7 }),
  ];
  for (const error of errors) {
    const crossed = unpackError(structuredClone(packError(error)));
    assert.equal(crossed.constructor, error.constructor);
    for (const key of ["name", "message", "code", "run", "step", "ids", "lastFinite", "issues"]) {
      const [actual, expected] = [crossed, error].map((e) => (e as never)[key]);
      assert.deepEqual(actual, expected, key);
    }
  }
});

/** Counts ticks of ten milliseconds in a thread that does nothing else, until `end`. */
async function freeThread(): Promise<{ end(): Promise<number> }> {
  const ticks = new Int32Array(new SharedArrayBuffer(4));
  const program = `import("node:worker_threads").then(({ workerData }) =>
    setInterval(() => Atomics.add(workerData, 0, 1), 10))`;
  const worker = new Worker(program, { eval: true, workerData: ticks });
  await eventually(() => Atomics.load(ticks, 0) > 0);
  return {
    async end() {
      await worker.terminate();
      return Atomics.load(ticks, 0);
    },
  };
}

describe("trainInThread() on WebGPU", { skip: skip || longSkip }, () => {
  test("trainInThread() on WebGPU leaves the caller's timers and signals alive", {
    timeout: 400_000,
  }, async () => {
    const webgpu = await runConfig("backend=webgpu", "data.batch=1");
    const free = await freeThread();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    const controller = new AbortController();
    const events: string[] = [];
    const result = await trainInThread({ config: webgpu }, {
      signal: controller.signal,
      onEvent(event) {
        events.push(event.type);
        if (event.type === "step") controller.abort();
      },
    });
    clearInterval(timer);
    assert.ok(events.includes("step"));
    assert.deepEqual([result.steps, result.reason], [3, "aborted"]);
    // A fifth where the thread trains itself, however busy the machine is
    const most = await free.end();
    assert.ok(ticks > most / 2, `${ticks} ticks, ${most} in a thread that does nothing else`);
  });
});
