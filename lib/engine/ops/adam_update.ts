/**
 * One step of Adam on one weight.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { ownMemory } from "./own_memory.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";
import { ADAM_UPDATE, type AdamUpdateAttrs } from "./kernels.ts";

const KERNEL: TrainingKernel<AdamUpdateAttrs> = {
  name: ADAM_UPDATE,
  compose(inputs, { lr, beta1, beta2, eps, step }) {
    const { weight, m, v } = inputs as Record<string, tf.Variable>;
    const grad = inputs.grad!;
    const first = tf.add(tf.mul(m!, beta1), tf.mul(grad, 1 - beta1));
    const second = tf.add(tf.mul(v!, beta2), tf.mul(tf.square(grad), 1 - beta2));
    const mean = tf.div(first, 1 - beta1 ** step);
    const spread = tf.sqrt(tf.div(second, 1 - beta2 ** step));
    weight!.assign(tf.sub(weight!, tf.mul(tf.div(mean, tf.add(spread, eps)), lr)));
    m!.assign(first);
    v!.assign(second);
    return [];
  },
};

/**
 * Moves `weight` by one step of Adam (Kingma and Ba, algorithm 1) and overwrites the moments `m`
 * and `v`; all stay the caller's.
 *
 * @param tensors Four of one shape.
 *
 * @example
 * ```ts
 * import { adamUpdate, tf, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const [weight, m, v] = [1, 0, 0].map((value) => tf.variable(tf.scalar(value)));
 * const options = { lr: 0.5, beta1: 0.5, beta2: 0.999, eps: 0, step: 1 };
 * adamUpdate({ weight: weight!, m: m!, v: v!, grad: tf.scalar(3) }, options);
 * assert.equal((await weight!.data())[0]!.toFixed(5), "0.50000");
 * ```
 */
export function adamUpdate(
  tensors: { weight: tf.Variable; m: tf.Variable; v: tf.Variable; grad: tf.Tensor },
  options: AdamUpdateAttrs,
): void {
  ownMemory(tensors.weight, tensors.m, tensors.v);
  runTrainingKernel(KERNEL, { inputs: tensors, attrs: options });
}
