/**
 * Leaky ReLU with a one-pass gradient.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { LEAKY_RELU_GRAD } from "./kernels.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";

interface LeakyReluAttrs {
  alpha: number;
}

/** dx from `dy` and `x`, or the output in the place of `x`: both have one sign. */
export const LEAKY_RELU_GRADIENT: TrainingKernel<LeakyReluAttrs> = {
  name: LEAKY_RELU_GRAD,
  compose: ({ x, dy }, { alpha }) => [tf.where(tf.greater(x!, 0), dy!, tf.mul(dy!, alpha))],
};

/** tfjs has the forward kernel already; only its gradient takes two more passes. */
const FORWARD: TrainingKernel<LeakyReluAttrs> = {
  name: "SegadvLeakyRelu",
  compose: ({ x }, { alpha }) => [tf.leakyRelu(x!, alpha)],
  gradient: {
    saveInputs: ["x"],
    saveOutputs: [],
    run: ([dy], [x], attrs) => ({
      x: runTrainingKernel(LEAKY_RELU_GRADIENT, { x: x!, dy: dy! }, attrs)[0]!,
    }),
  },
};

/**
 * max(x, α·x) for 0 ≤ α < 1, differentiable in `x`.
 *
 * @param x Any shape.
 * @returns A tensor of the same shape, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { leakyRelu } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * assert.deepEqual([...await leakyRelu(tf.tensor1d([-2, 3]), 0.5).data()], [-1, 3]);
 * ```
 */
export function leakyRelu<T extends tf.Tensor>(x: T, alpha: number): T {
  return runTrainingKernel(FORWARD, { x }, { alpha })[0] as T;
}
