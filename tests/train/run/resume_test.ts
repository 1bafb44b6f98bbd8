import assert from "node:assert/strict";
import { cp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../../../lib/config/mod.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { lockFolder } from "../../../lib/util/lock.ts";
import type { TrainEvent } from "../../../lib/train/events.ts";
import { resumeTraining } from "../../../lib/train/run/resume.ts";
import { train } from "../../../lib/train/run/train.ts";
import type { TrainResult } from "../../../lib/train/events.ts";
import { loadModel } from "../../../lib/train/run/load_model.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";
import { config } from "../../support/config.ts";

const temporaryFolder = temporaryFolders();

/** Dropout, augmentation, batch norm of D, warm-up: all that could lose its place. */
function runConfig(...overrides: string[]): Promise<Config> {
  return config(
    "data.batch=4",
    "optimizer.lr=0.02",
    "train.epochs=2",
    "schedule.warmupEpochs=1",
    "validation.every=1",
    "model.dropout=0.5",
    ...overrides,
  );
}

/** Trains until after a step and gives the run's folder. */
async function stopAt(step: number, ...overrides: string[]): Promise<string> {
  const out = join(temporaryFolder(), "run");
  const controller = new AbortController();
  const result = await train(await runConfig(...overrides), {
    out,
    signal: controller.signal,
    onEvent: (event) => event.type === "step" && event.step === step && controller.abort(),
  });
  assert.equal(result.reason, "aborted");
  assert.equal(result.steps, step);
  return out;
}

async function logOf(run: string): Promise<TrainEvent[]> {
  const text = await readFile(join(run, "events.jsonl"), "utf8");
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/** Losses, scores and rates of a run, without what a clock or a stop puts in. */
function story(events: TrainEvent[]): unknown[] {
  return events.flatMap((event): unknown[][] => {
    if (event.type === "step") return [[event.step, event.epoch, event.logs]];
    if (event.type === "validation") return [[event.step, event.scores, event.best]];
    return [];
  });
}

describe("resumeTraining()", () => {
  let whole: TrainResult;

  before(async () => {
    whole = await train(await runConfig(), { out: join(temporaryFolder(), "run") });
  });

  test("resumeTraining() ends in the weights and the log of a run that never stopped", async () => {
    const expected = story(await logOf(whole.run!));
    for (const step of [1, 4, 6, 7, 11, 12]) {
      const out = await stopAt(step);
      const { numTensors } = tf.memory();
      const result = await resumeTraining(out);
      assert.equal(tf.memory().numTensors, numTensors);
      assert.equal(result.weightsSha256, whole.weightsSha256, `stopped at ${step}`);
      assert.equal(result.reason, "finished");
      assert.equal(result.resumedAt, step);
      assert.deepEqual(story(await logOf(out)), expected, `stopped at ${step}`);
      assert.deepEqual(result.best, whole.best);
      const scores = await readFile(join(out, "metrics.json"), "utf8");
      assert.equal(scores, await readFile(join(whole.run!, "metrics.json"), "utf8"));
    }
  });

  test("resumeTraining() may be stopped and resumed again and again", async () => {
    const out = await stopAt(2);
    for (const step of [3, 5, 6, 8]) {
      const controller = new AbortController();
      const result = await resumeTraining(out, {
        signal: controller.signal,
        onEvent: (event) => event.type === "step" && event.step === step && controller.abort(),
      });
      assert.equal(result.steps, step);
    }
    assert.equal((await resumeTraining(out)).weightsSha256, whole.weightsSha256);
  });

  test("resumeTraining() repeats a validation that was broken off", async () => {
    const out = join(temporaryFolder(), "run");
    const controller = new AbortController();
    const wanted = await runConfig();
    // The log's next line after step 6 is the validation's; evaluate() looks at the signal first
    const result = await train(wanted, {
      out,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === "step" && event.step === 6) queueMicrotask(() => controller.abort());
      },
    });
    assert.equal(result.last, null);
    const resumed = await resumeTraining(out);
    assert.deepEqual(resumed.best, whole.best);
    assert.deepEqual(story(await logOf(out)), story(await logOf(whole.run!)));
  });

  test("resumeTraining() leaves a finished run alone and gives its summary", async () => {
    const before = await readFile(join(whole.run!, "events.jsonl"), "utf8");
    const result = await resumeTraining(whole.run!);
    assert.deepEqual(result, { ...whole, resumedAt: 12, seconds: result.seconds });
    assert.equal(await readFile(join(whole.run!, "events.jsonl"), "utf8"), before);
  });

  test("resumeTraining() leaves a run alone that stopped early", async () => {
    const out = join(temporaryFolder(), "run");
    const wanted = await runConfig("validation.patience=1", "train.epochs=9", "optimizer.lr=1e-9");
    const first = await train(wanted, { out });
    assert.equal(first.reason, "early-stop");
    const again = await resumeTraining(out);
    assert.deepEqual(again, { ...first, resumedAt: first.steps, seconds: again.seconds });
  });

  test("resumeTraining() lets a run go on that ended at maxSteps", async () => {
    const out = join(temporaryFolder(), "run");
    const first = await train(await runConfig("train.maxSteps=5"), { out });
    assert.equal((await resumeTraining(out)).weightsSha256, first.weightsSha256);
    const result = await resumeTraining(out, { overrides: { "train.maxSteps": null } });
    assert.equal(result.weightsSha256, whole.weightsSha256);
  });

  test("resumeTraining() begins anew where there is no checkpoint, and says so", async () => {
    const out = await stopAt(3, "checkpoint.keep=0");
    assert.ok(!(await readdir(out)).includes("checkpoint"));
    const warnings: string[] = [];
    const result = await resumeTraining(out, {
      onEvent: (event) => event.type === "warning" && warnings.push(event.message),
    });
    assert.equal(result.weightsSha256, whole.weightsSha256);
    assert.match(warnings.join(), /no checkpoint yet: the run begins anew/);
  });

  test("resumeTraining() takes the newest intact checkpoint and names the others", async () => {
    const out = await stopAt(8, "checkpoint.everySteps=1", "checkpoint.keep=3");
    const folder = join(out, "checkpoint");
    const names = (await readdir(folder)).sort();
    assert.deepEqual(names.map((name) => Number(/\d+/.exec(name))), [6, 7, 8]);
    const newest = join(folder, names.at(-1)!);
    const bytes = await readFile(newest);
    bytes[bytes.length >> 1]! ^= 4;
    await writeFile(newest, bytes);
    await writeFile(join(folder, names.at(-2)!), bytes.subarray(0, 1000));
    const warnings: string[] = [];
    const result = await resumeTraining(out, {
      onEvent: (event) => event.type === "warning" && warnings.push(event.message),
    });
    assert.equal(result.resumedAt, 6);
    assert.equal(result.weightsSha256, whole.weightsSha256);
    assert.match(warnings[0]!, /passed over a newer checkpoint: Cannot trust .*000008.*damaged/);
    assert.match(warnings[1]!, /passed over a newer checkpoint: .*000007.*cut short/);
  });

  test("resumeTraining() refuses where no checkpoint is intact", async () => {
    const out = await stopAt(2);
    for (const name of await readdir(join(out, "checkpoint"))) {
      await writeFile(join(out, "checkpoint", name), "x");
    }
    await assert.rejects(resumeTraining(out), /no checkpoint is intact \(Cannot read .*1 bytes/);
  });

  test("resumeTraining() lists what makes another run of it, or goes on with allowDifferent", async () => {
    const out = await stopAt(3);
    const overrides = ["optimizer.lr=0.5", "adversarial.weight=0.1", "train.logEvery=2"];
    await assert.rejects(
      resumeTraining(out, { overrides }),
      /as the same run: optimizer\.lr 0\.02 became 0\.5; adversarial\.weight 0\.05 became 0\.1; put/,
    );
    await assert.rejects(
      resumeTraining(out, { overrides: ["backend=cpu"] }),
      /backend "wasm" became "cpu"; backend build "tfjs 4/,
    );
    await assert.rejects(
      resumeTraining(out, { overrides: ["model.width=0.06"], allowDifferent: true }),
      /segmentation\/\S+ is F32 \[.*\], not F32 \[.*the networks must be those of the run/,
    );
    const warnings: string[] = [];
    const result = await resumeTraining(out, {
      overrides,
      allowDifferent: true,
      onEvent: (event) => event.type === "warning" && warnings.push(event.message),
    });
    assert.notEqual(result.weightsSha256, whole.weightsSha256);
    assert.match(warnings.join("\n"), /another setting: optimizer\.lr 0\.02 became 0\.5/);
    const { config } = await loadModel(out);
    assert.equal(config!.optimizer.lr, 0.5);
  });

  test("resumeTraining() refuses a folder without a run, or one in use", async () => {
    await assert.rejects(resumeTraining("/nonexistent/run"), /holds no run/);
    const out = await stopAt(2);
    const lock = await lockFolder(out);
    await assert.rejects(resumeTraining(out), /in use by process/);
    await lock.release();
  });

  test("resumeTraining() writes through no link that a run from elsewhere may hold", async () => {
    const out = await stopAt(2);
    const outside = join(out, "../precious");
    for (const name of ["events.jsonl", "checkpoint"]) {
      await rename(join(out, name), outside);
      await symlink(outside, join(out, name));
      await assert.rejects(
        resumeTraining(out),
        new RegExp(`Cannot resume .*: ${name.replace(".", "\\.")} is a link, which could lead out`),
      );
      await rm(join(out, name));
      await rename(outside, join(out, name));
    }
    await writeFile(outside, "mine");
    await symlink(outside, join(out, "run.lock"));
    await assert.rejects(resumeTraining(out), /Cannot lock .*: run\.lock is a link; remove it/);
    assert.equal(await readFile(outside, "utf8"), "mine");
  });

  test("resumeTraining() frees everything where it is refused", async () => {
    const out = await stopAt(2);
    const { numTensors } = tf.memory();
    await assert.rejects(resumeTraining(out, { overrides: ["optimizer.lr=0.5"] }), /put it back/);
    assert.equal(tf.memory().numTensors, numTensors);
  });

  test("resumeTraining() survives a torn log and rests of a killed process", async () => {
    const out = await stopAt(3);
    const log = join(out, "events.jsonl");
    const text = await readFile(log, "utf8");
    await writeFile(log, text + '{"type":"st');
    await writeFile(join(out, ".metrics.json.0123456789ab.tmp"), "half");
    const checkpoint = join(out, "checkpoint");
    await writeFile(join(checkpoint, ".step-000000004.safetensors.0123456789ab.tmp"), "half");
    const copy = join(temporaryFolder(), "run");
    await cp(out, copy, { recursive: true });
    const dropped: number[] = [];
    const result = await resumeTraining(out, {
      onEvent: (event) => event.type === "resume" && dropped.push(event.droppedEvents),
    });
    assert.equal(result.weightsSha256, whole.weightsSha256);
    assert.deepEqual(dropped, [3]); // of the checkpoint, the end, and the torn one
    assert.deepEqual(story(await logOf(out)), story(await logOf(whole.run!)));
    assert.ok(!(await readdir(out)).some((name) => name.endsWith(".tmp")));
    assert.ok(!(await readdir(checkpoint)).some((name) => name.endsWith(".tmp")));

    // A log that lost its end with the power: what is left of it is kept
    await writeFile(join(copy, "events.jsonl"), text.slice(0, text.indexOf('"step":2') + 5));
    await resumeTraining(copy);
    assert.equal((await logOf(copy)).filter(({ type }) => type === "step").length, 10);
    await rm(copy, { recursive: true });
  });

  test("resumeTraining() gives the same weights with D on images, scales and spectral norm", async () => {
    const overrides = [
      "adversarial.discriminator.name=patchgan",
      "adversarial.discriminator.image=concat",
      "adversarial.discriminator.scales=2",
      "adversarial.discriminator.spectralNorm=true",
      "adversarial.discriminator.lr=1e-3",
    ];
    const expected = await train(await runConfig(...overrides), {
      out: join(temporaryFolder(), "run"),
    });
    const result = await resumeTraining(await stopAt(7, ...overrides));
    assert.equal(result.weightsSha256, expected.weightsSha256);
  });

  test("resumeTraining() gives the same weights in baseline mode and with more updates of D", async () => {
    await useBackend({ backend: "wasm", threads: 1 });
    const variants = [["adversarial.enabled=false"], [
      "adversarial.discriminatorSteps=2",
      "data.batch=6",
    ]];
    for (const variant of variants) {
      const expected = await train(await runConfig(...variant, "train.maxSteps=5"));
      const out = await stopAt(2, ...variant, "train.maxSteps=5");
      assert.equal((await resumeTraining(out)).weightsSha256, expected.weightsSha256);
    }
  });
});
