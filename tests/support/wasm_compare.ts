import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";

/** Values in [-1, 1) from a counter, equal in every engine. */
export function values(count: number, seed: number): Float32Array {
  const out = new Float32Array(count);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = (state >>> 8) / 2 ** 23 - 1;
  }
  return out;
}

/** A float32 tensor of {@linkcode values}. */
export function tensor<R extends tf.Rank>(shape: tf.ShapeMap[R], seed: number): tf.Tensor<R> {
  return tf.tensor(values(tf.util.sizeFromShape(shape), seed), shape) as tf.Tensor<R>;
}

/** Runs `body` on a backend and returns the values of its tensors, which are disposed. */
export async function on(
  backend: string,
  body: () => tf.Tensor | tf.Tensor[],
): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const tensors = tf.tidy(() => [body()].flat());
  const data = await Promise.all(tensors.map((t) => t.data()));
  tf.dispose(tensors);
  return data as Float32Array[];
}

/** Largest difference relative to the largest expected value (at least `floor`). */
export function relativeError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  floor = 1e-3,
): number {
  assert.equal(actual.length, expected.length);
  let scale = floor;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!));
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= worst)) worst = difference;
  }
  return worst / scale;
}

/** Asserts that wasm computes what cpu computes, within `tolerance` of the largest value. */
export async function assertSameAsCpu(
  body: () => tf.Tensor | tf.Tensor[],
  { tolerance = 1e-5, label = "" }: { tolerance?: number; label?: string } = {},
): Promise<void> {
  const expected = await on("cpu", body);
  const actual = await on("wasm", body);
  assert.equal(actual.length, expected.length);
  for (const [i, e] of expected.entries()) {
    const error = relativeError(actual[i]!, e);
    assert.ok(error <= tolerance, `${label} output ${i}: relative error ${error}`);
  }
}
