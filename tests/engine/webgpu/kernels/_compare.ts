/** Runs the same ops on the plain JavaScript backend and on WebGPU. */
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import * as tf from "@tensorflow/tfjs";
import type { TrainingBackend } from "../../../../lib/engine/webgpu/training_backend.ts";
import { noAdapter } from "../../../support/webgpu_adapter.ts";

const skip = await noAdapter();
const engine = skip ? null : await import("../../../../lib/engine/webgpu/mod.ts");
let current: TrainingBackend | null = null;

/** The open backend. */
export function backend(): TrainingBackend {
  return current!;
}

/** A group of tests with the WebGPU engine open; skipped with a reason where there is none. */
export function describeWebgpu(name: string, body: () => void): void {
  describe(name, { skip }, () => {
    before(async () => {
      tf.enableProdMode();
      current = await engine!.registerWebgpuBackend();
    });
    after(async () => {
      engine!.disposeWebgpuBackend();
      await tf.setBackend("cpu");
    });
    body();
  });
}

/** Options of {@linkcode assertSame}. */
export interface CompareOptions {
  /**
   * Largest difference as a share of the largest value: a few roundings of float32 in sums whose
   * order differs.
   * @default 1e-5
   */
  tolerance?: number;
}

/**
 * Checks that `f` gives the same tensors on both backends, bit-identical each time on WebGPU, and
 * leaves no tensor behind.
 */
export async function assertSame(
  f: () => tf.Tensor | tf.Tensor[],
  { tolerance = 1e-5 }: CompareOptions = {},
): Promise<void> {
  const expected = await values("cpu", f);
  const actual = await values("webgpu", f);
  const again = await values("webgpu", f);
  await current!.training.errors.check();
  assert.equal(actual.length, expected.length);
  actual.forEach((tensor, i) => {
    assertClose(tensor, expected[i]!, { tolerance, what: `output ${i}` });
    assert.deepEqual(again[i]!.values, tensor.values, `output ${i} differs in a repeat`);
  });
}

/** One result, read back. */
export interface Values {
  shape: number[];
  values: ArrayLike<number>;
}

/** Checks values against others of the same shape. */
export function assertClose(
  actual: Values,
  expected: Values,
  options: { tolerance: number; what: string },
): void {
  const { tolerance, what } = options;
  assert.deepEqual(actual.shape, expected.shape, `shape of ${what}`);
  assert.equal(actual.values.length, expected.values.length, `length of ${what}`);
  let [largest, worst] = [0, 0];
  for (let i = 0; i < expected.values.length; i++) {
    const difference = Math.abs(actual.values[i]! - expected.values[i]!);
    largest = Math.max(largest, Math.abs(expected.values[i]!));
    worst = difference > worst || Number.isNaN(difference) ? difference : worst;
  }
  assert(worst <= tolerance * Math.max(largest, 1e-6), `${what} is off by ${worst} of ${largest}`);
}

async function values(name: string, f: () => tf.Tensor | tf.Tensor[]): Promise<Values[]> {
  await tf.setBackend(name);
  const before = tf.memory().numTensors;
  const tensors = tf.tidy(() => f() as tf.Tensor[]);
  const list = Array.isArray(tensors) ? tensors : [tensors as tf.Tensor];
  const results = await Promise.all(
    list.map(async (t) => ({ shape: t.shape, values: await t.data() })),
  );
  tf.dispose(list);
  assert.equal(tf.memory().numTensors, before, `tensors left behind on ${name}`);
  return results;
}

/** Normal numbers; the same for the same shape and seed. */
export function normal(shape: number[], seed = 1): tf.Tensor {
  return tf.randomNormal(shape, 0, 1, "float32", seed);
}

/** Gradient of Σ w·f(x) for fixed normal w. */
export function gradientOf(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.grad((t: tf.Tensor) => {
    const y = f(t);
    return tf.sum(tf.mul(y, normal(y.shape, 9)));
  })(x);
}
