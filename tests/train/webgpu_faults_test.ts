import assert from "node:assert/strict";
import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type Config, loadConfig } from "../../lib/config/mod.ts";
import { InterruptedRunError } from "../../lib/train/interrupted_run_error.ts";
import { resumeTraining } from "../../lib/train/resume.ts";
import { train } from "../../lib/train/train.ts";
import { noAdapter } from "../engine/webgpu/_adapter.ts";

async function config(...more: string[]): Promise<Config> {
  const tiny = ["backend=webgpu", "model.width=0.03", "data.crop=[32,32]", "data.batch=4"];
  const run = ["train.epochs=1", "train.warmupEpochs=0", "model.dropout=0.5", "train.logEvery=3"];
  const overrides = [...tiny, ...run, "validation.every=9", ...more];
  return await loadConfig({ preset: "fixtures", overrides });
}

async function newFolder(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), "segadv-gpu-")), "run");
}

const skip = await noAdapter();
const patient = { timeout: 120_000 };

describe("resumeTraining on WebGPU", { skip }, () => {
  test(
    "resumeTraining on WebGPU ends in the weights of a run that never stopped",
    patient,
    async () => {
      const whole = await train(await config());
      const out = await newFolder();
      const controller = new AbortController();
      await train(await config(), {
        out,
        signal: controller.signal,
        onEvent: (event) => event.type === "step" && controller.abort(),
      });
      const result = await resumeTraining(out);
      assert.equal(result.resumedAt, 3);
      assert.equal(result.weightsSha256, whole.weightsSha256);
    },
  );

  test("resumeTraining on WebGPU goes on after the device was lost", patient, async () => {
    const whole = await train(await config());
    const out = await newFolder();
    let lost = false;
    const run = train(await config("checkpoint.everySteps=2"), {
      out,
      onEvent: (event) => {
        if (event.type !== "checkpoint" || event.step !== 2 || lost) return;
        lost = true;
        (tf.backend() as unknown as { device: GPUDevice }).device.destroy();
      },
    });
    await assert.rejects(run, (error: Error) => {
      assert.ok(error instanceof InterruptedRunError, error.message);
      assert.equal(error.step, 2);
      assert.match(error.message, /device was lost|destroyed|lost/i);
      return true;
    });
    const names = await readdir(join(out, "checkpoint"));
    assert.deepEqual(names.filter((name) => name.endsWith(".tmp")), []);
    const result = await resumeTraining(out);
    assert.equal(result.weightsSha256, whole.weightsSha256);
  });
});
