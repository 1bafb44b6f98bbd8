import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { checkGradients } from "../../../../lib/engine/ops/optimizer_updates.ts";
import { assertSame, backend, describeWebgpu, normal } from "./_compare.ts";

const SIZES = [1, 3, 4, 5, 1023, 1024, 1025, 4100, ...Array(30).fill(7)];

/** Control, norm, scale and steps after gradients of many sizes; `bad` is a value at an index of one. */
function checked(
  bad: { at: [tensor: number, index: number]; value: number } | null,
  clipNorm: number | null = null,
): tf.Tensor[] {
  const gradients = SIZES.map((size, i) => {
    const values = normal([size], i + 1);
    if (i !== bad?.at[0]) return values;
    const isIndex = tf.equal(tf.range(0, size), bad.at[1]);
    return tf.where(isIndex, tf.scalar(bad.value), values);
  });
  const [scale, goodSteps] = [variable(16), variable(6)];
  const length = tf.scalar(bad === null ? 20 : bad.value);
  const tensors = { gradients, scale, goodSteps, length };
  const { length: _, ...unclipped } = tensors;
  const attrs = { patience: 8, most: 64, clipNorm };
  const { control, norm } = checkGradients(clipNorm === null ? unclipped : tensors, attrs);
  const state = [scale, goodSteps].map((t) => tf.mul(t, 1));
  tf.dispose([scale, goodSteps]);
  return [control, ...state, ...norm === null ? [] : [norm]];
}

/** A variable that shares its memory with no other tensor. */
function variable(value: number): tf.Variable {
  return tf.tidy(() => tf.variable(tf.scalar(value), false));
}

async function valuesOf(tensors: tf.Tensor[]): Promise<number[]> {
  return (await Promise.all(tensors.map(async (t) => [...await t.data()]))).flat();
}

describeWebgpu("checkGradients", () => {
  for (const clipNorm of [null, 0.5]) {
    test(`checkGradients() with clipNorm ${clipNorm} is that of tfjs's ops`, async () => {
      await assertSame(() => checked(null, clipNorm));
      await assertSame(() => checked({ at: [6, 1024], value: Infinity }, clipNorm));
    });
  }

  test("checkGradients() finds a single value that is not finite, at any index", async () => {
    await tf.setBackend("webgpu");
    for (
      const at of [[0, 0], [2, 3], [3, 4], [6, 1024], [7, 4099], [37, 6]] as [number, number][]
    ) {
      for (const value of [NaN, Infinity, -Infinity]) {
        const [go, , , , scale, steps] = await valuesOf(tf.tidy(() => checked({ at, value })));
        assert.deepEqual([go, scale, steps], [0, 8, 0], `${value} at ${at}`);
      }
    }
    await backend().training.errors.check();
  });

  test("checkGradients() ignores values past the end of a tensor", async () => {
    await tf.setBackend("webgpu");
    const gradient = tf.tidy(() => tf.relu(tf.fill([5], 2)));
    const buffer = backend().bufferOf(gradient);
    const rest = new Float32Array(3).fill(NaN);
    backend().flush();
    backend().queue.writeBuffer(buffer, 20, rest);
    const [scale, goodSteps] = [variable(16), variable(0)];
    const attrs = { patience: 8, most: 64, clipNorm: null };
    const tensors = { gradients: [gradient], scale, goodSteps };
    assert.equal((await checkGradients(tensors, attrs).control.data())[0], 1);
  });

  test("checkGradients() takes one launch more than it takes to read the gradients", async () => {
    await tf.setBackend("webgpu");
    const gradients = SIZES.map((size) => tf.tidy(() => tf.relu(normal([size]))));
    const [scale, goodSteps] = [variable(16), variable(0)];
    await Promise.all([scale, goodSteps].map((t) => tf.relu(t).data()));
    const tensors = { gradients, scale, goodSteps };
    const before = backend().counters.dispatches;
    checkGradients(tensors, { patience: 8, most: 64, clipNorm: null });
    const bound = backend().training.limits.maxStorageBuffersPerShaderStage!;
    const reads = Math.ceil(SIZES.length / Math.min(16, bound - 1));
    assert.equal(backend().counters.dispatches - before, reads + 1);
  });
});
