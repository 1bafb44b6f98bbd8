/**
 * Multi-head attention, and its gradient.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { ATTENTION, ATTENTION_GRAD, type AttentionAttrs } from "./kernels.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";

/** `[b, n, c]` to `[b, heads, n, c / heads]`. */
function split(x: tf.Tensor, heads: number): tf.Tensor4D {
  const [b, n, c] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [b, n, heads, c / heads]), [0, 2, 1, 3]);
}

/** The inverse of {@linkcode split}. */
function merge(x: tf.Tensor): tf.Tensor {
  const [b, heads, n, d] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [b, n, heads * d]);
}

/** Scores q·kᵀ/√d `[b, heads, n, m]` of heads that were split. */
function scoresOf(q: tf.Tensor4D, k: tf.Tensor4D): tf.Tensor4D {
  return tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape[3]));
}

const GRADIENT: TrainingKernel<AttentionAttrs> = {
  name: ATTENTION_GRAD,
  compose(inputs, { heads }) {
    const [q, k, v, y, dy] = [inputs.q, inputs.k, inputs.v, inputs.y, inputs.dy].map((x) =>
      split(x!, heads)
    ) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    const logSums = tf.expandDims(tf.transpose(inputs.logSums!, [0, 2, 1]), -1);
    const p = tf.exp(tf.sub(scoresOf(q, k), logSums));
    const dp = tf.matMul(dy, v, false, true);
    // Σ p·dp of a row is dy·y
    const rows = tf.sum(tf.mul(dy, y), -1, true);
    const ds = tf.mul(tf.mul(p, tf.sub(dp, rows)), 1 / Math.sqrt(q.shape[3]));
    return [
      merge(tf.matMul(ds, k)),
      merge(tf.matMul(ds, q, true, false)),
      merge(tf.matMul(p, dy, true, false)),
    ];
  },
};

const FORWARD: TrainingKernel<AttentionAttrs> = {
  name: ATTENTION,
  compose(inputs, { heads }) {
    const [q, k, v] = [inputs.q, inputs.k, inputs.v].map((x) => split(x!, heads)) as [
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    const scores = scoresOf(q, k);
    const logSums = tf.logSumExp(scores, -1, true);
    const y = tf.matMul(tf.exp(tf.sub(scores, logSums)), v);
    return [merge(y), tf.transpose(tf.squeeze(logSums, [3]), [0, 2, 1])];
  },
  gradient: {
    saveInputs: ["q", "k", "v"],
    saveOutputs: [true, true],
    run([dy], saved, attrs) {
      const [q, k, v, y, logSums] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, ...tf.Tensor[]];
      const inputs = { q, k, v, y: y!, logSums: logSums!, dy: dy! };
      const [dq, dk, dv] = runTrainingKernel(GRADIENT, inputs, attrs);
      return { q: dq!, k: dk!, v: dv! };
    },
  },
};

/**
 * Multi-head scaled dot-product attention (Vaswani et al. 2017): channels are cut into `heads` equal
 * parts, and in each y = softmax(q·kᵀ/√d)·v. Neither scores nor probabilities stay in memory.
 * Differentiable in `q`, `k` and `v`.
 *
 * @param inputs Queries `q [b, n, c]`, keys `k [b, m, c]` and values `v [b, m, c]`.
 * @returns `[b, n, c]`, owned by the caller.
 * @throws {RangeError} If the heads do not divide the channels.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { attention } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const k = tf.zeros<tf.Rank.R3>([1, 2, 1]);
 * const y = attention({ q: k, k, v: tf.tensor3d([1, 3], [1, 2, 1]) }, { heads: 1 });
 * assert.deepEqual([...await y.data()], [2, 2]);
 * ```
 */
export function attention(
  inputs: { q: tf.Tensor3D; k: tf.Tensor3D; v: tf.Tensor3D },
  { heads }: { heads: number },
): tf.Tensor3D {
  const channels = inputs.q.shape[2];
  if (!(Number.isInteger(heads) && heads >= 1 && channels % heads === 0)) {
    throw new RangeError(`Cannot cut ${channels} channels into ${heads} heads: must divide them`);
  }
  const { q, k, v } = inputs;
  const [y, logSums] = runTrainingKernel(FORWARD, { q, k, v }, { heads });
  logSums!.dispose();
  return y as tf.Tensor3D;
}
