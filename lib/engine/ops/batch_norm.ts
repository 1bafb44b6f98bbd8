/**
 * Batch norm in training mode, with an optional activation in the same pass; and the moving average
 * of its statistics.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  BATCH_NORM_LEAKY_TRAIN,
  BATCH_NORM_LEAKY_TRAIN_GRAD,
  BATCH_NORM_TRAIN,
  BATCH_NORM_TRAIN_GRAD,
  type BatchNormLeakyTrainAttrs,
  type BatchNormTrainAttrs,
  MOVING_AVERAGE,
} from "./kernels.ts";
import { ownMemory, runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";
import { activation, ACTIVATION_GRADIENT, type ActivationName } from "./activations.ts";
import { LEAKY_RELU_GRADIENT } from "./leaky_relu.ts";

/**
 * Batch norm with batch statistics, then an activation other than a ReLU. Inputs and outputs as
 * without it.
 */
export const BATCH_NORM_ACTIVATION_TRAIN = "SegadvBatchNormActivationTrain";
/**
 * Gradient of {@linkcode BATCH_NORM_ACTIVATION_TRAIN}. Inputs `x`, `dy`, `gamma`, `beta`, `mean`,
 * `variance`; outputs `[dx [b,h,w,c], dgamma [c], dbeta [c]]`.
 */
export const BATCH_NORM_ACTIVATION_TRAIN_GRAD = "SegadvBatchNormActivationTrainGrad";

/** Activations that batch norm includes, beside the ReLUs. */
export type NormActivation = Extract<ActivationName, "relu6" | "hardSwish">;

/** Attributes of both kernels. */
export interface BatchNormActivationAttrs {
  eps: number;
  activation: NormActivation;
}

const AXES = [0, 1, 2];

const GRADIENT: TrainingKernel<BatchNormTrainAttrs> = {
  name: BATCH_NORM_TRAIN_GRAD,
  compose(inputs, { eps, relu }) {
    const { x, y, gamma, mean, variance } = inputs as Record<string, tf.Tensor4D>;
    const dy = relu ? tf.mul(inputs.dy!, tf.cast(tf.greater(y!, 0), "float32")) : inputs.dy!;
    const n = x!.size / gamma!.size;
    const inverse = tf.rsqrt(tf.add(variance!, eps));
    const normalized = tf.mul(tf.sub(x!, mean!), inverse);
    const dbeta = tf.sum(dy, AXES);
    const dgamma = tf.sum(tf.mul(dy, normalized), AXES);
    const centred = tf.sub(tf.sub(dy, tf.div(dbeta, n)), tf.mul(normalized, tf.div(dgamma, n)));
    return [tf.mul(centred, tf.mul(gamma!, inverse)), dgamma, dbeta];
  },
};

const FORWARD: TrainingKernel<BatchNormTrainAttrs> = {
  name: BATCH_NORM_TRAIN,
  compose({ x, gamma, beta }, { eps, relu }) {
    const { mean, variance } = tf.moments(x!, AXES);
    const scale = tf.mul(gamma!, tf.rsqrt(tf.add(variance, eps)));
    const y = tf.add(tf.mul(tf.sub(x!, mean), scale), beta!);
    return [relu ? tf.relu(y) : y, mean, variance];
  },
  gradient: gradientBy(GRADIENT),
};

/** Two passes where the backend has no kernel that does both. */
const LEAKY_GRADIENT: TrainingKernel<BatchNormLeakyTrainAttrs> = {
  name: BATCH_NORM_LEAKY_TRAIN_GRAD,
  compose({ dy, ...rest }, { eps, alpha }) {
    const inputs = { x: rest.y!, dy: dy! };
    const [masked] = runTrainingKernel(LEAKY_RELU_GRADIENT, inputs, { alpha });
    const attrs = { eps, relu: false };
    return runTrainingKernel(GRADIENT, { ...rest, dy: masked! }, attrs);
  },
};

const LEAKY: TrainingKernel<BatchNormLeakyTrainAttrs> = {
  name: BATCH_NORM_LEAKY_TRAIN,
  compose(inputs, { eps, alpha }) {
    const attrs = { eps, relu: false };
    const [y, mean, variance] = runTrainingKernel(FORWARD, inputs, attrs);
    return [tf.leakyRelu(y!, alpha), mean!, variance!];
  },
  gradient: gradientBy(LEAKY_GRADIENT),
};

/** The activation's input is computed anew from x, so that the pass need not keep it. */
const ACTIVATION_NORM_GRADIENT: TrainingKernel<BatchNormActivationAttrs> = {
  name: BATCH_NORM_ACTIVATION_TRAIN_GRAD,
  compose({ dy, beta, ...rest }, { eps, activation }) {
    const { x, gamma, mean, variance } = rest as Record<string, tf.Tensor>;
    const scale = tf.mul(gamma!, tf.rsqrt(tf.add(variance!, eps)));
    const z = tf.add(tf.mul(tf.sub(x!, mean!), scale), beta!);
    const [masked] = runTrainingKernel(ACTIVATION_GRADIENT, { x: z, dy: dy! }, { activation });
    const attrs = { eps, relu: false };
    return runTrainingKernel(GRADIENT, { ...rest, y: x!, dy: masked! }, attrs);
  },
};

const ACTIVATION_NORM: TrainingKernel<BatchNormActivationAttrs> = {
  name: BATCH_NORM_ACTIVATION_TRAIN,
  compose(inputs, { eps, activation: name }) {
    const [y, mean, variance] = runTrainingKernel(FORWARD, inputs, { eps, relu: false });
    return [activation(y!, name), mean!, variance!];
  },
  gradient: {
    saveInputs: ["x", "gamma", "beta"],
    saveOutputs: [false, true, true],
    run([dy], saved, attrs) {
      const [x, gamma, beta, mean, variance] = saved as [tf.Tensor, tf.Tensor, ...tf.Tensor[]];
      const inputs = { x, dy: dy!, gamma, beta: beta!, mean: mean!, variance: variance! };
      const [dx, dgamma, dbeta] = runTrainingKernel(ACTIVATION_NORM_GRADIENT, inputs, attrs);
      return { x: dx!, gamma: dgamma!, beta: dbeta! };
    },
  },
};

/** dx, dgamma and dbeta by a kernel that takes inputs and outputs of the forward pass. */
function gradientBy<A extends object>(
  kernel: TrainingKernel<A>,
): NonNullable<TrainingKernel<A>["gradient"]> {
  return {
    saveInputs: ["x", "gamma"],
    saveOutputs: [true, true, true],
    run([dy], saved, attrs) {
      const [x, gamma, y, mean, variance] = saved as [tf.Tensor, tf.Tensor, ...tf.Tensor[]];
      const inputs = { x, y: y!, dy: dy!, gamma, mean: mean!, variance: variance! };
      const [dx, dgamma, dbeta] = runTrainingKernel(kernel, inputs, attrs);
      return { x: dx!, gamma: dgamma!, beta: dbeta! };
    },
  };
}

/**
 * Normalises each channel by the mean and biased variance of the batch, then scales and shifts:
 * y = γ·(x − mean) / √(variance + ε) + β, followed by a ReLU where `relu` is set, which below zero
 * has the slope `leak` (0 ≤ leak < 1), or by another activation.
 *
 * Differentiable in `x`, `gamma` and `beta` through `y`; the statistics carry no gradient.
 *
 * @param inputs Activations `x [b, h, w, c]`, scale `gamma [c]`, shift `beta [c]`.
 * @returns `[y [b, h, w, c], mean [c], variance [c]]`, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { batchNormTraining } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const x = tf.tensor4d([1, 3], [2, 1, 1, 1]);
 * const [y, mean] = batchNormTraining({ x, gamma: tf.ones([1]), beta: tf.zeros([1]) }, { eps: 0 });
 * assert.deepEqual([...await y.data()], [-1, 1]);
 * assert.deepEqual([...await mean.data()], [2]);
 * ```
 */
export function batchNormTraining(
  inputs: { x: tf.Tensor4D; gamma: tf.Tensor1D; beta: tf.Tensor1D },
  options: { eps: number; relu?: boolean; leak?: number; activation?: NormActivation },
): [y: tf.Tensor4D, mean: tf.Tensor1D, variance: tf.Tensor1D] {
  const { eps, relu = false, leak = 0, activation } = options;
  const outputs = activation
    ? runTrainingKernel(ACTIVATION_NORM, inputs, { eps, activation })
    : relu && leak > 0
    ? runTrainingKernel(LEAKY, inputs, { eps, alpha: leak })
    : runTrainingKernel(FORWARD, inputs, { eps, relu });
  return outputs as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
}

const AVERAGE: TrainingKernel<{ momentum: number }> = {
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
 * import { tf, useBackend } from "@segadv/segadv";
 * import { movingAverage } from "@segadv/segadv/engine";
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
  runTrainingKernel(AVERAGE, tensors, options);
}
