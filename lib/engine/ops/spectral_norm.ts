/**
 * Spectral normalisation (Miyato et al. 2018): a filter divided by its largest singular value.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** Lower bound of a vector's length before it is divided by that, as in PyTorch. */
const EPSILON = 1e-12;

/** Estimates of the singular vectors that belong to the largest singular value, of length 1. */
export interface SingularVectors<T extends tf.Tensor1D = tf.Tensor1D> {
  /** `[out]`. */
  u: T;
  /** `[k · k · in]`. */
  v: T;
}

/**
 * One power iteration: v ← W·u / ‖W·u‖, u ← Wᵀ·v / ‖Wᵀ·v‖ with W the filter as a matrix
 * `[k · k · in, out]`.
 *
 * @param filter `[k, k, in, out]`.
 * @param vectors Updated in place.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { powerIteration, spectralNormalized } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const filter = tf.tensor4d([3, 0, 0, 1], [1, 1, 2, 2]);
 * const vector = () => tf.variable(tf.tensor1d([1, 1]));
 * const vectors = { u: vector(), v: vector() };
 * for (let i = 0; i < 20; i++) powerIteration(filter, vectors);
 * const normalized = spectralNormalized(filter, vectors);
 * assert.equal((await normalized.data())[0]!.toFixed(5), "1.00000");
 * ```
 */
export function powerIteration(
  filter: tf.Tensor4D,
  { u, v }: SingularVectors<tf.Variable<tf.Rank.R1>>,
): void {
  tf.tidy(() => {
    const w = matrixOf(filter);
    const left = unit(tf.matMul(w, tf.reshape(u, [-1, 1])));
    const right = unit(tf.matMul(w, left, true));
    v.assign(tf.reshape(left, [-1]));
    u.assign(tf.reshape(right, [-1]));
  });
}

/**
 * W / σ with σ = vᵀ·W·u, u and v being constants. Differentiable in the filter, through σ as well.
 *
 * @param filter `[k, k, in, out]`.
 * @returns A tensor of the filter's shape, owned by the caller.
 */
export function spectralNormalized(filter: tf.Tensor4D, { u, v }: SingularVectors): tf.Tensor4D {
  return tf.tidy(() => {
    const product = tf.matMul(tf.reshape(v, [1, -1]), matrixOf(filter));
    const sigma = tf.reshape(tf.matMul(product, tf.reshape(u, [-1, 1])), []);
    return tf.div(filter, sigma);
  });
}

function matrixOf(filter: tf.Tensor4D): tf.Tensor2D {
  return tf.reshape(filter, [-1, filter.shape[3]]);
}

function unit(x: tf.Tensor2D): tf.Tensor2D {
  return tf.div(x, tf.maximum(tf.sqrt(tf.sum(tf.square(x))), EPSILON));
}
