/**
 * One step of an optimizer on one weight, in place: SGD with momentum, and Adam; and whether a step's
 * scaled gradients overflowed, decided on the device that holds them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  ADAM_UPDATE,
  type AdamUpdateAttrs,
  CHECK_GRADIENTS,
  type CheckGradientsAttrs,
  SGD_UPDATE,
  SGD_UPDATE_IF,
  type SgdUpdateAttrs,
} from "./kernels.ts";
import { ownMemory, runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";

/** The largest value that counts as finite; a comparison that holds for no NaN. */
const FINITE = 3e38;

const CHECK: TrainingKernel<CheckGradientsAttrs> = {
  name: CHECK_GRADIENTS,
  compose({ scale: scaleInput, goodSteps: stepsInput, length, ...gradients }, attrs) {
    const { patience, most, clipNorm } = attrs;
    const [scale, goodSteps] = [scaleInput as tf.Variable, stepsInput as tf.Variable];
    const zero = tf.scalar(0);
    const sums = [length ?? zero, ...Object.values(gradients).map((gradient) => tf.sum(gradient))];
    const finite = tf.min(tf.cast(tf.lessEqual(tf.abs(tf.stack(sums)), FINITE), "float32"));
    const isFinite = tf.greater(finite, 0);

    const inverse = tf.div(1, scale);
    const norm = clipNorm === null ? null : tf.where(isFinite, tf.mul(length!, inverse), 0);
    const factor = norm === null
      ? inverse
      : tf.mul(inverse, tf.div(clipNorm!, tf.maximum(norm, clipNorm!)));
    const control = tf.stack([finite, factor, zero, zero]);

    const good = tf.add(goodSteps, 1);
    const doubles = tf.greaterEqual(good, patience);
    const larger = tf.where(doubles, tf.minimum(tf.mul(scale, 2), most), scale);
    const smaller = tf.maximum(tf.div(scale, 2), 1);
    scale.assign(tf.where(isFinite, larger, smaller));
    goodSteps.assign(tf.where(tf.logicalAnd(isFinite, tf.logicalNot(doubles)), good, 0));
    return norm === null ? [control] : [control, norm];
  },
};

/**
 * Checks scaled gradients for overflow and updates their scale: an overflow divides it by 2,
 * `patience` steps in a row without one multiply it by 2 (dynamic loss scaling).
 *
 * @param tensors Gradients of any shapes, which stay the caller's; `scale []` and `goodSteps []`, which
 * are overwritten; with `clipNorm` `length []`, the norm of all gradients together.
 * @returns `control [4]` for `sgdUpdate` and, with `clipNorm`, the unscaled `norm []`, 0 on an
 * overflow; both the caller's.
 */
export function checkGradients(
  tensors: {
    gradients: readonly tf.Tensor[];
    scale: tf.Variable;
    goodSteps: tf.Variable;
    length?: tf.Tensor;
  },
  options: CheckGradientsAttrs,
): { control: tf.Tensor1D; norm: tf.Scalar | null } {
  const { gradients, ...rest } = tensors;
  ownMemory(rest.scale, rest.goodSteps);
  const named = Object.fromEntries(gradients.map((gradient, i) => [`gradient${i}`, gradient]));
  const outputs = runTrainingKernel(CHECK, { ...rest, ...named }, options);
  return { control: outputs[0] as tf.Tensor1D, norm: outputs[1] as tf.Scalar | undefined ?? null };
}

const SGD: TrainingKernel<SgdUpdateAttrs> = {
  name: SGD_UPDATE,
  compose(inputs, attrs) {
    const { weight, velocity, grad } = inputs as Record<string, tf.Variable>;
    const next = sgdStep({ weight: weight!, velocity: velocity!, grad: grad! }, attrs);
    weight!.assign(next.weight);
    velocity!.assign(next.velocity);
    return [];
  },
};

const SGD_IF: TrainingKernel<SgdUpdateAttrs> = {
  name: SGD_UPDATE_IF,
  compose(inputs, attrs) {
    const { weight, velocity } = inputs as Record<string, tf.Variable>;
    const updates = tf.greater(tf.slice(inputs.control!, [0], [1]), 0);
    const grad = tf.mul(inputs.grad!, tf.slice(inputs.control!, [1], [1]));
    const next = sgdStep({ weight: weight!, velocity: velocity!, grad }, attrs);
    weight!.assign(tf.where(updates, next.weight, weight!));
    velocity!.assign(tf.where(updates, next.velocity, velocity!));
    return [];
  },
};

/** Weight and velocity after a step; see {@linkcode SGD_UPDATE}. */
function sgdStep(
  { weight, velocity, grad }: Record<"weight" | "velocity" | "grad", tf.Tensor>,
  { lr, momentum, nesterov, l2, decoupled }: SgdUpdateAttrs,
): Record<"weight" | "velocity", tf.Tensor> {
  const g = decoupled || l2 === 0 ? grad : tf.add(grad, tf.mul(weight, l2));
  const moved = tf.add(tf.mul(velocity, momentum), g);
  const direction = nesterov ? tf.add(g, tf.mul(moved, momentum)) : moved;
  const kept = decoupled ? tf.mul(weight, 1 - lr * l2) : weight;
  return { weight: tf.sub(kept, tf.mul(direction, lr)), velocity: moved };
}

/**
 * Moves `weight` by one step of SGD with momentum and overwrites `velocity`; both stay the
 * caller's. See {@linkcode SgdUpdateAttrs} for the formula.
 *
 * @param tensors Three of one shape, and where the step may be skipped `control [4]`: at 0 whether
 * to move (0: both stay as they are, even if `grad` is NaN), at 1 what `grad` is multiplied by.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { sgdUpdate } from "@segadv/segadv/engine";
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
    ? [SGD, { weight, velocity, grad }]
    : [SGD_IF, { weight, velocity, grad, control }];
  runTrainingKernel(kernel, inputs, options);
}

const ADAM: TrainingKernel<AdamUpdateAttrs> = {
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
 * import { tf, useBackend } from "@segadv/segadv";
 * import { adamUpdate } from "@segadv/segadv/engine";
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
  runTrainingKernel(ADAM, tensors, options);
}
