import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { type BackendInfo, useBackend } from "../../lib/backend/use_backend.ts";
import { NonFiniteError } from "../../lib/train/errors.ts";
import type { TrainEvent } from "../../lib/train/events.ts";
import { openSink } from "../../lib/report/sinks/registry.ts";
import { stepsCsv, validationsCsv } from "../../lib/report/sinks/csv.ts";
import { readRun } from "../../lib/train/run/read_run.ts";
import { train } from "../../lib/train/run/train.ts";
import { config } from "../support/config.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** Twelve steps in two epochs. */
const SHORT = ["data.batch=4", "train.epochs=2", "schedule.warmupEpochs=0", "validation.every=1"];

/** Fills a variable: of the newest network, as tests leave older ones behind. */
function spoil(name: string, value: number): void {
  const variables = Object.values(tf.engine().state.registeredVariables);
  const weight = variables.findLast((variable) => variable.name.startsWith(name))!;
  weight.assign(tf.tidy(() => tf.fill(weight.shape, value)));
}

/** What happens to a weight after a step. */
interface Spoiling {
  after: number;
  weight: string;
  value?: number;
  times?: number;
}

describe("a run that becomes NaN", () => {
  let backend: BackendInfo;

  before(async () => {
    backend = await useBackend({ backend: "wasm", threads: 1 });
  });

  /** Trains, and spoils a weight after a step whose losses were finite: the next would show it. */
  async function spoilt(
    { after, weight, value = NaN, times = 1 }: Spoiling,
    ...overrides: string[]
  ) {
    const out = join(temporaryFolder(), "run");
    const events: TrainEvent[] = [];
    let left = times;
    let sink: ReturnType<typeof openSink> | null = null;
    const result = await train(await config(...SHORT, "checkpoint.everyMinutes=0", ...overrides), {
      out,
      backend,
      onEvent(event) {
        sink ??= openSink("csv", out);
        sink.write(event);
        events.push(event);
        if (event.type === "step" && event.step === after && left-- > 0) spoil(weight, value);
      },
    }).catch((error: Error) => error);
    return { out, events, result };
  }

  test("train() scores and keeps nothing of weights that became NaN between two readings", async () => {
    const { out, events, result } = await spoilt({ after: 6, weight: "block2_conv1/kernel" });
    assert.ok(result instanceof NonFiniteError);
    assert.deepEqual([result.step, result.epoch], [6, 1]);
    assert.match(
      result.message,
      /^Cannot go on at step 6: layer block2_conv1 .* at inputs of at most [\d.]+ \(epoch 1\); lower/,
    );
    assert.ok(!events.some(({ type }) => type === "validation" || type === "checkpoint"));
    assert.equal(events.at(-1)!.type === "end" && events.at(-1)!.type, "end");
    for (const name of ["best", "model", "metrics.json", "checkpoint"]) {
      await assert.rejects(access(join(out, name)), name);
    }
  });

  test("train() keeps no score where D is not finite", async () => {
    const { out, result } = await spoilt({ after: 6, weight: "d_conv2/kernel" });
    assert.match(
      String(result),
      /Cannot go on at step 6: discriminator\/d_conv2\/kernel is not finite \(epoch 1\)/,
    );
    await assert.rejects(access(join(out, "best")));
  });

  test("train() goes back past a checkpoint that leads to a NaN itself, best network and sinks too", async () => {
    const { out, events, result } = await spoilt(
      { after: 7, weight: "block2_conv1/kernel" },
      "train.onNonFinite=rollback",
      "checkpoint.everySteps=1",
      "optimizer.lr=0.001",
    );
    assert.ok(!(result instanceof Error), String(result));
    assert.deepEqual([result.reason, result.steps], ["finished", 12]);
    const [back] = events.filter((event) => event.type === "rollback");
    // The weights after step 7 are refused as its checkpoint is written
    assert.deepEqual([back!.step, back!.rateScale], [6, 0.5]);
    const run = await readRun(out);
    assert.deepEqual(
      run.steps.map(({ step }) => step),
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    assert.equal(await readFile(join(out, "steps.csv"), "utf8"), stepsCsv(run));
    assert.equal(await readFile(join(out, "validations.csv"), "utf8"), validationsCsv(run));
  });

  test("train() does not go back to a finite checkpoint that leads to a NaN whatever the rate", async () => {
    const { events, result } = await spoilt(
      { after: 6, weight: "block2_conv1/kernel", value: 3e38 },
      "train.onNonFinite=rollback",
      "train.maxRollbacks=1",
      "checkpoint.everySteps=2",
      "validation.every=2",
    );
    assert.ok(!(result instanceof Error), String(result));
    const saved = events.filter(({ type }) => type === "checkpoint" || type === "rollback");
    assert.deepEqual(
      saved.map((event) => [event.type, "step" in event && event.step]).slice(0, 5),
      [["checkpoint", 2], ["checkpoint", 4], ["checkpoint", 6], ["rollback", 4], ["checkpoint", 6]],
    );
  });

  test("train() says why rollback does not help, and ends", async () => {
    const failing = { after: 4, weight: "block2_conv1/kernel", times: 99 };
    const options = ["train.onNonFinite=rollback", "checkpoint.everySteps=2"];
    const again = await spoilt(failing, ...options);
    assert.match(
      String(again.result),
      /went back 3 times \(train\.maxRollbacks\), to 0\.125 of its learning rates, each time at step 4/,
    );
    const none = await spoilt({ ...failing, after: 1 }, ...options);
    assert.match(String(none.result), /there is no checkpoint yet to go back to/);
    const unkept = await spoilt(failing, ...options, "checkpoint.keep=0");
    assert.match(String(unkept.result), /nothing to go back to \(checkpoint\.keep\)/);
  });
});
