import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Config } from "../../lib/config/mod.ts";
import { trainingBackend } from "../../lib/engine/webgpu/mod.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { InterruptedRunError } from "../../lib/train/errors.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { train } from "../../lib/train/run/train.ts";
import { longSkip } from "../support/long_test.ts";
import { noAdapter } from "../support/webgpu_adapter.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { config } from "../support/config.ts";

const temporaryFolder = temporaryFolders();

function runConfig(...more: string[]): Promise<Config> {
  return config(
    "backend=webgpu",
    "data.batch=4",
    "train.epochs=1",
    "schedule.warmupEpochs=0",
    "model.dropout=0.5",
    "train.logEvery=3",
    "validation.every=9",
    ...more,
  );
}

const skip = await noAdapter();
const patient = { timeout: 400_000 };

/** Weights of a run that nothing happened to. */
let whole: Promise<string> | null = null;

function untroubled(): Promise<string> {
  return whole ??= runConfig().then(train).then(({ weightsSha256 }) => weightsSha256);
}

/** What a run says that `trouble` met after the checkpoint of its second step. */
async function interrupt(out: string, trouble: () => void): Promise<InterruptedRunError> {
  let met = false;
  const run = train(await runConfig("checkpoint.everySteps=2"), {
    out,
    onEvent(event) {
      if (event.type !== "checkpoint" || event.step !== 2 || met) return;
      met = true;
      trouble();
    },
  });
  const error = await run.then(() => assert.fail("the run ended well"), (error) => error);
  assert.ok(error instanceof InterruptedRunError, error.message);
  assert.equal(error.step, 2);
  const names = await readdir(join(out, "checkpoint"));
  assert.deepEqual(names.filter((name) => name.endsWith(".tmp")), []);
  return error;
}

describe("resumeTraining() on WebGPU", { skip: skip || longSkip }, () => {
  test(
    "resumeTraining() on WebGPU ends in the weights of a run that never stopped",
    patient,
    async () => {
      const out = join(temporaryFolder(), "run");
      const controller = new AbortController();
      await train(await runConfig(), {
        out,
        signal: controller.signal,
        onEvent: (event) => event.type === "step" && controller.abort(),
      });
      const result = await resumeTraining(out);
      assert.equal(result.resumedAt, 3);
      assert.equal(result.weightsSha256, await untroubled());
    },
  );

  test("resumeTraining() on WebGPU goes on after the device was lost", patient, async () => {
    const out = join(temporaryFolder(), "run");
    const error = await interrupt(out, () => trainingBackend().device.destroy());
    assert.match(error.message, /device was lost \(.*resume the run from its last checkpoint/);
    assert.equal((await resumeTraining(out)).weightsSha256, await untroubled());
  });

  test(
    "resumeTraining() on WebGPU goes on after the adapter's memory was full",
    patient,
    async () => {
      const out = join(temporaryFolder(), "run");
      const error = await interrupt(out, () => {
        const { buffers } = trainingBackend();
        buffers.trim();
        buffers.capBytes = buffers.numBytesAllocated;
      });
      const text =
        /Out of adapter memory: \w+ tensor \[[\d,]+\] of .* MiB does not fit .* lower data/;
      assert.match(error.message, text);
      assert.equal((await resumeTraining(out)).weightsSha256, await untroubled());
    },
  );
});

describe("train() on WebGPU", { skip }, () => {
  test("train() on an injected WebGPU refuses a network over its limits, and takes a smaller one", async () => {
    const out = join(temporaryFolder(), "run");
    // As Dawn's package would be: an object of its own, not the runtime's.
    const gpu: Pick<GPU, "requestAdapter"> = {
      requestAdapter: (options) => navigator.gpu.requestAdapter(options),
    };
    const backend = await useBackend({ backend: "webgpu", gpu: gpu as GPU });
    const thesis = await runConfig("data.crop=[2048,2048]", "data.batch=16", "model.width=1");
    const text =
      /^Cannot put \S+ \[[\d,]+\] on .*: it takes .* MiB .* binds at most .* MiB .*lower data/;
    await assert.rejects(train(thesis, { out, backend }), { name: "RangeError", message: text });
    await assert.rejects(readdir(out), { code: "ENOENT" });
    const result = await train(await runConfig("train.maxSteps=1"), { backend });
    assert.equal(result.steps, 1);
    await backend.dispose();
  });
});
