import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../../lib/config/mod.ts";
import { type BackendInfo, useBackend } from "../../lib/backend/use_backend.ts";
import type { TrainEvent } from "../../lib/train/events.ts";
import { InterruptedRunError } from "../../lib/train/errors.ts";
import { NonFiniteError } from "../../lib/train/errors.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { train } from "../../lib/train/run/train.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { config } from "../support/config.ts";

const temporaryFolder = temporaryFolders();

function runConfig(...overrides: string[]): Promise<Config> {
  return config(
    "data.batch=4",
    "optimizer.lr=0.02",
    "train.epochs=2",
    "schedule.warmupEpochs=0",
    ...overrides,
  );
}

/** The backend, with something that happens when its errors are asked for. */
function watched(backend: BackendInfo, onCheck: (calls: number) => void): BackendInfo {
  let calls = 0;
  return { ...backend, checkErrors: () => onCheck(++calls) };
}

/** Makes weights of the newest G NaN. */
function spoil(): void {
  const variables = Object.values(tf.engine().state.registeredVariables);
  const weight = variables.findLast(({ name }) => name.startsWith("block1_conv1/kernel"))!;
  weight.assign(tf.tidy(() => tf.fill(weight.shape, NaN)));
}

describe("train()", () => {
  let backend: BackendInfo;

  before(async () => {
    backend = await useBackend({ backend: "wasm", threads: 1 });
  });

  test("train() goes back to the last checkpoint with lower rates at a NaN, and then on", async () => {
    const out = join(temporaryFolder(), "run");
    const events: TrainEvent[] = [];
    // The update of step 5 is spoilt, once
    let spoilt = false;
    const flaky = watched(backend, () => {
      const at = events.findLast((event) => event.type === "step")?.step;
      if (at !== 4 || spoilt) return;
      spoilt = true;
      spoil();
    });
    const overrides = [
      "train.onNonFinite=rollback",
      "checkpoint.everySteps=3",
      "validation.every=9",
    ];
    const result = await train(await runConfig(...overrides), {
      out,
      backend: flaky,
      onEvent: (event) => events.push(event),
    });
    assert.equal(result.reason, "finished");
    assert.equal(result.steps, 12);
    const warnings = events.flatMap((event) => event.type === "warning" ? [event.message] : []);
    const rollbacks = warnings.filter((message) => !/ predicts \S+ for every pixel/.test(message));
    assert.equal(rollbacks.length, 1, warnings.join("\n"));
    assert.match(rollbacks[0]!, /is NaN .*: went back to step 3, learning rates are 0\.5 of/);
    const rates = events.flatMap((event) =>
      event.type === "step" && event.step === 4 ? [event.logs["lr/g"]!] : []
    );
    assert.ok(Math.abs(rates[1]! / rates[0]! - 0.5) < 1e-6, String(rates));
  });

  test("train() gives up after maxRollbacks", async () => {
    const out = join(temporaryFolder(), "run");
    const warnings: string[] = [];
    let steps = 0;
    const broken = watched(backend, () => {
      if (steps === 4) spoil();
    });
    const wanted = await runConfig(
      ...["train.onNonFinite=rollback", "train.maxRollbacks=2", "checkpoint.everySteps=3"],
    );
    await assert.rejects(
      train(wanted, {
        out,
        backend: broken,
        onEvent: (event) => {
          if (event.type === "step") steps = event.step;
          if (event.type === "warning") warnings.push(event.message);
        },
      }),
      NonFiniteError,
    );
    assert.equal(warnings.length, 2);
    assert.match(warnings[1]!, /went back to step 3, learning rates are 0\.25 of/);
  });

  test("train() ends resumable where the device fails, and says from where", async () => {
    const out = join(temporaryFolder(), "run");
    const whole = await train(await runConfig(), { out: join(temporaryFolder(), "run") });
    let steps = 0;
    const failing = watched(backend, () => {
      if (steps === 7) throw new Error("WebGPU device was lost (unknown: gone)");
    });
    await assert.rejects(
      train(await runConfig("checkpoint.everySteps=2"), {
        out,
        backend: failing,
        onEvent: (event) => event.type === "step" && (steps = event.step),
      }),
      (error: Error) => {
        assert.ok(error instanceof InterruptedRunError);
        assert.equal(error.step, 6);
        assert.equal(error.run, out);
        assert.match(error.message, /device was lost.*safe up to step 6: resume it from/);
        assert.match((error.cause as Error).message, /device was lost/);
        return true;
      },
    );
    const lines = (await readFile(join(out, "events.jsonl"), "utf8")).trim().split("\n");
    const last = JSON.parse(lines.at(-1)!) as TrainEvent;
    assert.equal(last.type, "failure");
    assert.equal((await resumeTraining(out)).weightsSha256, whole.weightsSha256);
  });

  test("train() does not keep a checkpoint whose device failed while it was read", async () => {
    const out = join(temporaryFolder(), "run");
    let steps = 0;
    let calls = 0;
    const failing = watched(backend, () => {
      if (steps === 2 && ++calls > 0) throw new Error("WebGPU device was lost");
    });
    const run = train(await runConfig("checkpoint.everySteps=2", "train.logEvery=1"), {
      out,
      backend: failing,
      onEvent: (event) => event.type === "step" && (steps = event.step),
    });
    await assert.rejects(run, /device was lost/);
    assert.deepEqual(await readdir(join(out, "checkpoint")), []);
  });

  test("train() never keeps weights that are not finite", async () => {
    const out = join(temporaryFolder(), "run");
    let steps = 0;
    const broken = watched(backend, () => {
      if (steps === 3) spoil();
    });
    const run = train(await runConfig("checkpoint.everySteps=2"), {
      out,
      backend: broken,
      onEvent: (event) => event.type === "step" && (steps = event.step),
    });
    // The losses of step 4 are from before its update
    await assert.rejects(run, /Cannot go on at step 4: weight segmentation\/\S+\[0\] is NaN/);
    assert.deepEqual(await readdir(join(out, "checkpoint")), ["step-000000002.safetensors"]);
  });

  test("train() ends resumable where memory runs out", async () => {
    const out = join(temporaryFolder(), "run");
    let steps = 0;
    const failing = watched(backend, () => {
      if (steps === 3) tf.zeros([2 ** 15, 2 ** 15, 4]).dispose(); // 16 GiB
    });
    const run = train(await runConfig("checkpoint.everySteps=1"), {
      out,
      backend: failing,
      onEvent: (event) => event.type === "step" && (steps = event.step),
    });
    await assert.rejects(run, (error: Error) => {
      assert.ok(error instanceof InterruptedRunError, error.message);
      assert.match(error.message, /memory|allocat|length/i);
      return true;
    });
    await useBackend({ backend: "wasm", threads: 1 });
    assert.equal((await resumeTraining(out, { overrides: ["train.maxSteps=4"] })).steps, 4);
  });
});
