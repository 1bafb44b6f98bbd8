import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { LossScale } from "../../lib/optim/loss_scale.ts";
import { disposeNetworks, type Networks } from "../../lib/train/step/networks.ts";
import { stateTensors } from "../../lib/train/run/state_tensors.ts";
import type { Batch } from "../../lib/train/step/step_context.ts";
import { trainStep } from "../../lib/train/step/train_step.ts";
import { batchOf, smallNetworks } from "../support/small_networks.ts";

/** Networks whose scale is at work though the backend computes in 32 bits. */
function networks(clipNorm: number | null, precision: "f32" | "mixed"): Networks {
  return smallNetworks({
    optimizer: { clipNorm, weightDecay: 1e-3 },
    adversarial: { enabled: false },
    train: { precision },
  });
}

function batch(): Batch {
  const labels = Int32Array.from({ length: 2 * 32 * 32 }, (_, i) => i % 3);
  return batchOf("images", [2, 32, 32], labels);
}

async function valueOf(t: tf.Tensor): Promise<number> {
  return (await t.data())[0]!;
}

/** All that an update moves, one value after another. */
async function stateOf({ segmentation }: Networks): Promise<number[]> {
  const all = [
    ...segmentation.model.layers.weights.map((w) => w.read()),
    ...segmentation.optimizer.state.values(),
  ];
  return (await Promise.all(all.map(async (t) => [...await t.data()]))).flat();
}

function isSame(a: number[], b: number[]): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

describe("LossScale", () => {
  before(async () => {
    await useBackend({ backend: "wasm", threads: 1 });
  });

  test("LossScale.control() divides by 2 at an overflow and multiplies after enough steps without one", async () => {
    const scale = new LossScale({ initial: 8, patience: 2 });
    const [fine, bad] = [tf.tensor1d([1, -2]), tf.tensor1d([1, NaN])];
    const seen: number[][] = [];
    for (const gradient of [fine, bad, fine, fine, fine, bad, bad]) {
      const before = tf.memory().numTensors;
      const { control } = scale.control([gradient, null], { clipNorm: null });
      assert.equal(tf.memory().numTensors, before + 1);
      const [go, factor] = await control.data();
      seen.push([go!, factor!, await valueOf(scale.value)]);
    }
    assert.deepEqual(seen, [
      [1, 1 / 8, 8],
      [0, 1 / 8, 4],
      [1, 1 / 4, 4],
      [1, 1 / 4, 8],
      [1, 1 / 8, 8],
      [0, 1 / 8, 4],
      [0, 1 / 4, 2],
    ]);
  });

  test("LossScale.control() finds an overflow of either sign in any gradient", async () => {
    for (const values of [[Infinity], [-Infinity], [NaN], [Infinity, -Infinity]]) {
      const scale = new LossScale();
      const gradients = [tf.ones([3]), tf.tensor1d([0, ...values]), tf.ones([2, 2])];
      const { control } = scale.control(gradients, { clipNorm: null });
      assert.equal(await valueOf(control), 0, String(values));
    }
  });

  test("LossScale.control() gives the norm of unscaled gradients, and clips by it", async () => {
    const scale = new LossScale({ initial: 16 });
    const { control, norm } = scale.control([tf.tensor1d([48]), tf.tensor1d([64])], {
      clipNorm: 2,
    });
    assert.equal(await valueOf(norm!), 5);
    assert.ok(Math.abs((await control.data())[1]! - 2 / 5 / 16) < 1e-8);
  });

  for (const clipNorm of [null, 0.05]) {
    test(`trainStep() with a loss scale makes the same steps, clipNorm ${clipNorm}`, async () => {
      const outcome = async (precision: "f32" | "mixed") => {
        const trained = networks(clipNorm, precision);
        const b = batch();
        const logs: Record<string, number>[] = [];
        for (let i = 0; i < 3; i++) {
          const losses = trainStep(trained, b, {
            rates: { segmentation: 0.05, discriminator: 0 },
          });
          const read = Object.entries(losses).map(async ([key, t]) => [key, await valueOf(t)]);
          logs.push(Object.fromEntries(await Promise.all(read)));
          tf.dispose(losses);
        }
        return { logs, state: await stateOf(trained) };
      };
      const [plain, scaled] = [await outcome("f32"), await outcome("mixed")];
      for (const [i, logs] of plain.logs.entries()) {
        assert.equal(scaled.logs[i]!["loss/scale"], 2 ** 15);
        for (const [key, value] of Object.entries(logs)) {
          assert.ok(Math.abs(scaled.logs[i]![key]! - value) <= 1e-6 * value, key);
        }
      }
      const most = plain.state.reduce((a, x, i) => Math.max(a, Math.abs(x - scaled.state[i]!)), 0);
      assert.ok(most < 1e-6, `${most}`);
    });
  }

  test("trainStep() skips an update whose gradients overflow, and goes on with half the scale", async () => {
    const trained = networks(1, "mixed");
    const b = batch();
    const context = { rates: { segmentation: 0.05, discriminator: 0 } };
    tf.dispose(trainStep(trained, b, context));
    trained.lossScale!.state.get("scale")!.assign(tf.scalar(3e38)); // their norm overflows
    const before = await stateOf(trained);
    const losses = trainStep(trained, b, context);
    assert.ok(isSame(await stateOf(trained), before));
    assert.equal(await valueOf(losses["grad/norm"]!), 0);
    assert.ok(Number.isFinite(await valueOf(losses["loss/seg"]!)));
    assert.ok(Math.abs(await valueOf(trained.lossScale!.value) / 1.5e38 - 1) < 1e-6);
    trained.lossScale!.state.get("scale")!.assign(tf.scalar(1024));
    tf.dispose(trainStep(trained, b, context));
    assert.ok(!isSame(await stateOf(trained), before));
  });

  test("LossScale.dispose() comes with the networks' own, and the scale is part of a run's state", () => {
    const { numTensors } = tf.memory();
    const trained = networks(null, "mixed");
    const names = stateTensors(trained).map(({ name }) => name);
    for (const key of ["scale", "goodSteps"]) {
      assert.ok(names.includes(`segmentation.lossScale/${key}`));
    }
    disposeNetworks(trained, { keepModel: false });
    assert.equal(tf.memory().numTensors, numTensors);
  });
});
