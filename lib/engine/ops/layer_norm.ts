/**
 * Layer norm over channels, and its gradient.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { LAYER_NORM, LAYER_NORM_GRAD } from "./kernels.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";

interface LayerNormAttrs {
  eps: number;
}

const GRADIENT: TrainingKernel<LayerNormAttrs> = {
  name: LAYER_NORM_GRAD,
  compose({ x, dy, gamma, mean, inverse }) {
    const rows = [...x!.shape.slice(0, -1), 1];
    const channels = gamma!.size;
    const scale = tf.reshape(inverse!, rows);
    const normalized = tf.mul(tf.sub(x!, tf.reshape(mean!, rows)), scale);
    const axes = x!.shape.slice(0, -1).map((_, i) => i);
    const g = tf.mul(dy!, gamma!);
    const along = (t: tf.Tensor): tf.Tensor => tf.div(tf.sum(t, -1, true), channels);
    const centred = tf.sub(
      tf.sub(g, along(g)),
      tf.mul(normalized, along(tf.mul(g, normalized))),
    );
    return [tf.mul(centred, scale), tf.sum(tf.mul(dy!, normalized), axes), tf.sum(dy!, axes)];
  },
};

const FORWARD: TrainingKernel<LayerNormAttrs> = {
  name: LAYER_NORM,
  compose({ x, gamma, beta }, { eps }) {
    const { mean, variance } = tf.moments(x!, -1, true);
    const inverse = tf.rsqrt(tf.add(variance, eps));
    const y = tf.add(tf.mul(tf.mul(tf.sub(x!, mean), inverse), gamma!), beta!);
    return [y, tf.reshape(mean, [-1]), tf.reshape(inverse, [-1])];
  },
  gradient: {
    saveInputs: ["x", "gamma"],
    saveOutputs: [false, true, true],
    run([dy], saved, attrs) {
      const [x, gamma, mean, inverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const inputs = { x, dy: dy!, gamma, mean, inverse };
      const [dx, dgamma, dbeta] = runTrainingKernel(GRADIENT, inputs, attrs);
      return { x: dx!, gamma: dgamma!, beta: dbeta! };
    },
  },
};

/**
 * Normalises each pixel by the mean and biased variance of its channels, then scales and shifts:
 * y = γ·(x − mean) / √(variance + ε) + β (Ba et al. 2016; PyTorch's `LayerNorm`). Differentiable in
 * `x`, `gamma` and `beta`.
 *
 * @param inputs Activations `x [.., c]`, scale `gamma [c]`, shift `beta [c]`.
 * @returns A tensor of `x`'s shape, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { layerNorm } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const x = tf.tensor2d([1, 3, 5, 5], [2, 2]);
 * const y = layerNorm({ x, gamma: tf.ones([2]), beta: tf.zeros([2]) }, { eps: 1e-12 });
 * assert.deepEqual([...await y.data()], [-1, 1, 0, 0]);
 * ```
 */
export function layerNorm<T extends tf.Tensor>(
  inputs: { x: T; gamma: tf.Tensor1D; beta: tf.Tensor1D },
  options: { eps: number },
): T {
  const [y, ...statistics] = runTrainingKernel(FORWARD, inputs, { eps: options.eps });
  tf.dispose(statistics);
  return y as T;
}
