import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { config } from "../support/config.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { clipGradients } from "../../lib/optim/clip_gradients.ts";
import { train } from "../../lib/train/run/train.ts";

before(async () => {
  await useBackend({ backend: "wasm", threads: 1 });
});

/** Clips and reads back, counting tensors. */
async function clipped(
  values: (number[] | null)[],
  clipNorm: number,
): Promise<{ values: (number[] | null)[]; norm: number }> {
  const { numTensors } = tf.memory();
  const result = clipGradients(values.map((v) => v && tf.tensor1d(v)), { clipNorm });
  const norm = (await result.norm.data())[0]!;
  const read = await Promise.all(result.gradients.map((g) => g && g.data()));
  tf.dispose([...result.gradients.filter((g) => g !== null), result.norm]);
  assert.equal(tf.memory().numTensors, numTensors);
  return { values: read.map((v) => v && [...v]), norm };
}

test("clipGradients() leaves the bits of what is short enough", async () => {
  const values = [[0.1, -0.2].map(Math.fround), null, [Math.fround(0.3)]];
  const result = await clipped(values, 1);
  assert.deepEqual(result.values, values);
  assert.deepEqual((await clipped([[0, 0]], 1)).values, [[0, 0]]);
  assert.deepEqual((await clipped([null], 1)).norm, 0);
});

test("clipGradients() scales all by one factor to the norm that is allowed", async () => {
  const arrays = fc.array(
    fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 5 }),
    { minLength: 1, maxLength: 4 },
  );
  const limit = fc.double({ min: 0.01, max: 10, noNaN: true });
  await fc.assert(
    fc.asyncProperty(arrays, limit, async (values, clipNorm) => {
      const norm = Math.hypot(...values.flat());
      const result = await clipped(values, clipNorm);
      assert.ok(Math.abs(result.norm - norm) <= 1e-5 * norm + 1e-20);
      const factor = Math.min(1, clipNorm / norm);
      for (const [i, value] of result.values.flatMap((v) => v!).entries()) {
        const expected = values.flat()[i]! * factor;
        assert.ok(Math.abs(value - expected) <= 1e-5 * Math.abs(expected) + 1e-30);
      }
    }),
    { numRuns: 100 },
  );
});

test("clipGradients() passes a NaN on, to be found in the norm", async () => {
  assert.ok(Number.isNaN((await clipped([[NaN, 1]], 1)).norm));
});

test("train() with optimizer.clipNorm logs the norm and takes shorter steps", async () => {
  const run = async (clipNorm: string): Promise<{ sha: string; norms: number[] }> => {
    const norms: number[] = [];
    const { weightsSha256: sha } = await train(
      await config("train.maxSteps=2", `optimizer.clipNorm=${clipNorm}`),
      {
        onEvent: (event) => event.type === "step" && norms.push(event.logs["grad/norm"]!),
      },
    );
    return { sha, norms };
  };
  const free = await run("null");
  assert.deepEqual(free.norms, [undefined, undefined]);
  const wide = await run("1e6");
  assert.equal(wide.sha, free.sha); // a factor of exactly 1
  assert.ok(wide.norms[0]! > 0.001);
  assert.notEqual((await run("0.001")).sha, free.sha);
});
