/**
 * Whether a step's scaled gradients overflowed, decided on the device that holds them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { ownMemory, runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";
import { CHECK_GRADIENTS, type CheckGradientsAttrs } from "./kernels.ts";

/** The largest value that counts as finite; a comparison that holds for no NaN. */
const FINITE = 3e38;

const KERNEL: TrainingKernel<CheckGradientsAttrs> = {
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
  const outputs = runTrainingKernel(KERNEL, { ...rest, ...named }, options);
  return { control: outputs[0] as tf.Tensor1D, norm: outputs[1] as tf.Scalar | undefined ?? null };
}
