/**
 * One step of SGD with momentum on one weight.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { ownMemory } from "./own_memory.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";
import { SGD_UPDATE, SGD_UPDATE_IF, type SgdUpdateAttrs } from "./kernels.ts";

const KERNEL: TrainingKernel<SgdUpdateAttrs> = {
  name: SGD_UPDATE,
  compose(inputs, { lr, momentum, nesterov, l2, decoupled }) {
    const weight = inputs.weight as tf.Variable;
    const velocity = inputs.velocity as tf.Variable;
    const grad = decoupled || l2 === 0
      ? inputs.grad!
      : tf.add(inputs.grad!, tf.mul(weight, l2)) as tf.Tensor;
    const moved = tf.add(tf.mul(velocity, momentum), grad);
    const direction = nesterov ? tf.add(grad, tf.mul(moved, momentum)) : moved;
    const kept = decoupled ? tf.mul(weight, 1 - lr * l2) : weight;
    weight.assign(tf.sub(kept, tf.mul(direction, lr)));
    velocity.assign(moved);
    return [];
  },
};

const CONTROLLED: TrainingKernel<SgdUpdateAttrs> = {
  name: SGD_UPDATE_IF,
  compose(inputs, attrs) {
    const weight = inputs.weight as tf.Variable;
    const velocity = inputs.velocity as tf.Variable;
    const go = tf.greater(tf.slice(inputs.control!, [0], [1]), 0);
    const factor = tf.slice(inputs.control!, [1], [1]);
    const { lr, momentum, nesterov, l2, decoupled } = attrs;
    const scaled = tf.mul(inputs.grad!, factor);
    const grad = decoupled || l2 === 0 ? scaled : tf.add(scaled, tf.mul(weight, l2));
    const moved = tf.add(tf.mul(velocity, momentum), grad);
    const direction = nesterov ? tf.add(grad, tf.mul(moved, momentum)) : moved;
    const kept = decoupled ? tf.mul(weight, 1 - lr * l2) : weight;
    weight.assign(tf.where(go, tf.sub(kept, tf.mul(direction, lr)), weight));
    velocity.assign(tf.where(go, moved, velocity));
    return [];
  },
};

/**
 * Moves `weight` by one step of SGD with momentum and overwrites `velocity`; both stay the
 * caller's. See {@linkcode SgdUpdateAttrs} for the formula.
 *
 * @param tensors Three of one shape, and where the step may be called off `control [4]`: at 0 whether
 * to move (0: both stay as they are, even if `grad` is NaN), at 1 what `grad` is multiplied by.
 *
 * @example
 * ```ts
 * import { sgdUpdate, tf, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const weight = tf.variable(tf.scalar(1)), velocity = tf.variable(tf.scalar(0));
 * const options = { lr: 0.5, momentum: 0.9, nesterov: false, l2: 0, decoupled: false };
 * sgdUpdate({ weight, velocity, grad: tf.scalar(1) }, options);
 * assert.equal((await weight.data())[0], 0.5);
 * ```
 */
export function sgdUpdate(
  tensors: {
    weight: tf.Variable;
    velocity: tf.Variable;
    grad: tf.Tensor;
    control?: tf.Tensor1D | undefined;
  },
  options: SgdUpdateAttrs,
): void {
  const { weight, velocity, grad, control } = tensors;
  ownMemory(weight, velocity);
  const [kernel, inputs] = control === undefined
    ? [KERNEL, { weight, velocity, grad }]
    : [CONTROLLED, { weight, velocity, grad, control }];
  runTrainingKernel(kernel, { inputs, attrs: options });
}
