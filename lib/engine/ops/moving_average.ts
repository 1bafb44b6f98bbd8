/**
 * Moving average of a batch statistic.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { ownMemory } from "./own_memory.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";
import { MOVING_AVERAGE } from "./kernels.ts";

const KERNEL: TrainingKernel<{ momentum: number }> = {
  name: MOVING_AVERAGE,
  compose(inputs, { momentum }) {
    const moving = inputs.moving as tf.Variable;
    const step = tf.mul(tf.sub(inputs.batch!, moving), 1 - momentum);
    moving.assign(tf.add(moving, step));
    return [];
  },
};

/**
 * Moves `moving` towards `batch`: moving ← momentum·moving + (1 − momentum)·batch. Both stay the
 * caller's.
 *
 * @param tensors Two of one shape.
 *
 * @example
 * ```ts
 * import { movingAverage, tf, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const moving = tf.variable(tf.scalar(1));
 * movingAverage({ moving, batch: tf.scalar(3) }, { momentum: 0.5 });
 * assert.equal((await moving.data())[0], 2);
 * ```
 */
export function movingAverage(
  tensors: { moving: tf.Variable; batch: tf.Tensor },
  options: { momentum: number },
): void {
  ownMemory(tensors.moving);
  runTrainingKernel(KERNEL, { inputs: tensors, attrs: options });
}
