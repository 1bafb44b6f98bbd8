/** Checks of gradients and of memory that every op's tests share. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { record } from "../../lib/engine/tape.ts";
import { randomStream } from "../../lib/util/random.ts";

/** Normal numbers in a tensor, the same for the same name. */
export function normalTensor<S extends number[]>(name: string, shape: S): tf.Tensor {
  const stream = randomStream(7, name);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(Float32Array.from({ length: size }, () => stream.normal()), shape);
}

/**
 * Compares the gradient of Σ w·f(x) with central differences along random directions. Float32
 * differences of step 1e-2 carry about three digits, hence the default tolerance.
 */
export async function assertGradient(
  f: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  options: { tolerance?: number; step?: number } = {},
): Promise<void> {
  const { tolerance = 1e-2, step = 1e-2 } = options;
  const probe = tf.tidy(() => f(x));
  const weights = normalTensor("weights", probe.shape);
  const objective = (at: tf.Tensor) => tf.sum(tf.mul(f(at), weights));
  const recording = record(() => objective(x));
  const [gradient] = recording.backward(tf.scalar(1), [x]);
  for (const name of ["a", "b", "c"]) {
    const direction = normalTensor(`direction ${name}`, x.shape);
    const [high, low, slope, size] = await Promise.all([
      tf.tidy(() => objective(tf.add(x, tf.mul(direction, step)))).data(),
      tf.tidy(() => objective(tf.sub(x, tf.mul(direction, step)))).data(),
      tf.tidy(() => tf.sum(tf.mul(gradient!, direction))).data(),
      tf.tidy(() => tf.norm(tf.mul(gradient!, direction))).data(),
    ]);
    const numeric = (high[0]! - low[0]!) / (2 * step);
    const error = Math.abs(numeric - slope[0]!) / Math.max(size[0]!, 1e-3);
    assert.ok(error < tolerance, `slope ${slope[0]} but differences give ${numeric}`);
  }
}

/** Largest absolute difference, relative to the largest absolute expected value. */
export async function relativeError(actual: tf.Tensor, expected: tf.Tensor): Promise<number> {
  assert.deepEqual(actual.shape, expected.shape);
  const [a, e] = [await actual.data(), await expected.data()];
  let worst = 0;
  let scale = 0;
  for (let i = 0; i < e.length; i++) {
    worst = Math.max(worst, Math.abs(a[i]! - e[i]!));
    scale = Math.max(scale, Math.abs(e[i]!));
    if (Number.isNaN(a[i])) return NaN;
  }
  return worst / Math.max(scale, 1e-30);
}

/** Fails if `f` leaves more tensors behind than the ones it returns, which are then disposed. */
export function assertNoLeak(f: () => tf.TensorContainer): void {
  const before = tf.memory().numTensors;
  const result = f();
  tf.dispose(result);
  assert.equal(tf.memory().numTensors, before, "tensors left behind");
}
