import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type BackendInfo, useBackend } from "../../../lib/backend/use_backend.ts";
import { adamw } from "../../../lib/optim/optimizers/adamw.ts";
import { parametersOf } from "../../../lib/optim/parameters.ts";
import { resumeTraining } from "../../../lib/train/run/resume.ts";
import { train } from "../../../lib/train/run/train.ts";
import { config } from "../../support/config.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

const temporaryFolder = temporaryFolders();

/** PyTorch's AdamW on one weight, in float64. */
function reference(
  gradients: readonly number[],
  { weight, lr, decay }: { weight: number; lr: number; decay: number },
): number {
  let [w, m, v] = [weight, 0, 0];
  for (const [i, g] of gradients.entries()) {
    w *= 1 - lr * decay;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    w -= lr * (m / (1 - 0.9 ** (i + 1))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
  }
  return w;
}

for (const [name, skip] of Object.entries({ cpu: false, wasm: false, webgpu: await noAdapter() })) {
  describe(name, { skip }, () => {
    let backend: BackendInfo;
    before(async () => {
      backend = await useBackend({ backend: name as "cpu" | "wasm" | "webgpu", threads: 1 });
    });
    after(() => backend.dispose());

    test("adamw.create() steps as PyTorch's, and only kernels decay", async () => {
      const layer = tf.layers.dense({
        units: 1,
        inputShape: [1],
        kernelInitializer: "ones",
        biasInitializer: "ones",
      });
      const parameters = parametersOf(tf.sequential({ layers: [layer] }), { decay: "kernels" });
      const optimizer = adamw.create(parameters, { weightDecay: 0.5 });
      const gradients = [1, -0.5, 0.25];
      for (const g of gradients) {
        const both = [tf.fill([1, 1], g), tf.fill([1], g)];
        optimizer.apply(both, { lr: 0.1 });
      }
      for (const [i, decay] of [0.5, 0].entries()) {
        const expected = reference(gradients, { weight: 1, lr: 0.1, decay });
        const [actual] = await parameters[i]!.weight.data();
        // float32 has four digits of 1 − β₂
        assert.ok(Math.abs(actual! - expected) < 5e-6, `${actual} is not ${expected}`);
      }
      optimizer.dispose();
    });
  });
}

test("adamw.create() in a run resumes bit-identically", async () => {
  const options = ["optimizer.name=adamw", "optimizer.lr=0.002", "schedule.name=one-cycle"];
  const short = [...options, "data.batch=2", "train.epochs=1", "schedule.warmupEpochs=0"];
  const whole = await train(await config(...short, "train.maxSteps=4"));
  const out = join(temporaryFolder(), "run");
  await train(await config(...short, "train.maxSteps=2"), { out });
  const resumed = await resumeTraining(out, { overrides: ["train.maxSteps=4"] });
  assert.deepEqual([resumed.resumedAt, resumed.weightsSha256], [2, whole.weightsSha256]);
});
