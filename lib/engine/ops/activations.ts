/**
 * Activations of networks, and their gradients.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";

/** An activation: y = f(x), value by value. */
export type ActivationName =
  | "relu"
  /** min(max(x, 0), 6) */
  | "relu6"
  | "sigmoid"
  /** relu6(x + 3) / 6 */
  | "hardSigmoid"
  /** x · hardSigmoid(x) */
  | "hardSwish"
  /** x · sigmoid(x), also called SiLU */
  | "swish"
  /** x · Φ(x), Φ the distribution function of the normal distribution (not its approximation by tanh) */
  | "gelu";

/** Input `x` of any shape; output f(x). Attributes {@linkcode ActivationAttrs}. */
export const ACTIVATION = "SegadvActivation";
/** Gradient of {@linkcode ACTIVATION}. Inputs `x` and `dy`; output dx = dy·f′(x). */
export const ACTIVATION_GRAD = "SegadvActivationGrad";
/** Attributes of both kernels. */
export interface ActivationAttrs {
  activation: ActivationName;
}

/** f of each activation, and its derivative. */
type Formula = Record<"value" | "slope", (x: tf.Tensor) => tf.Tensor>;

/** Φ(x) */
function normalCdf(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

/** 1 where low < x < high, else 0. */
function inside(x: tf.Tensor, low: number, high: number): tf.Tensor {
  return tf.cast(tf.logicalAnd(tf.greater(x, low), tf.less(x, high)), "float32");
}

function hardSigmoid(x: tf.Tensor): tf.Tensor {
  return tf.div(tf.relu6(tf.add(x, 3)), 6);
}

const FORMULAS: Record<ActivationName, Formula> = {
  relu: {
    value: (x) => tf.relu(x),
    slope: (x) => inside(x, 0, Infinity),
  },
  relu6: {
    value: (x) => tf.relu6(x),
    slope: (x) => inside(x, 0, 6),
  },
  sigmoid: {
    value: (x) => tf.sigmoid(x),
    slope(x) {
      const s = tf.sigmoid(x);
      return tf.mul(s, tf.sub(1, s));
    },
  },
  hardSigmoid: {
    value: hardSigmoid,
    slope: (x) => tf.div(inside(x, -3, 3), 6),
  },
  hardSwish: {
    value: (x) => tf.mul(x, hardSigmoid(x)),
    // 0 up to −3, (2x + 3) / 6 between, 1 from 3 on
    slope: (x) =>
      tf.add(
        tf.mul(inside(x, -3, 3), tf.div(tf.add(tf.mul(x, 2), 3), 6)),
        tf.cast(tf.greaterEqual(x, 3), "float32"),
      ),
  },
  swish: {
    value: (x) => tf.mul(x, tf.sigmoid(x)),
    slope(x) {
      const s = tf.sigmoid(x);
      return tf.mul(s, tf.add(1, tf.mul(x, tf.sub(1, s))));
    },
  },
  gelu: {
    value: (x) => tf.mul(x, normalCdf(x)),
    slope(x) {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.add(normalCdf(x), tf.mul(x, density));
    },
  },
};

/** dx from `x` and `dy`. */
export const ACTIVATION_GRADIENT: TrainingKernel<ActivationAttrs> = {
  name: ACTIVATION_GRAD,
  compose: ({ x, dy }, { activation }) => [tf.mul(dy!, FORMULAS[activation].slope(x!))],
};

const FORWARD: TrainingKernel<ActivationAttrs> = {
  name: ACTIVATION,
  compose: ({ x }, { activation }) => [FORMULAS[activation].value(x!)],
  gradient: {
    saveInputs: ["x"],
    saveOutputs: [],
    run: ([dy], [x], attrs) => ({
      x: () => runTrainingKernel(ACTIVATION_GRADIENT, { x: x!, dy: dy! }, attrs)[0]!,
    }),
  },
};

/**
 * f(x) of an activation, differentiable in `x`. At the kinks of the piecewise ones the slope is the
 * one that PyTorch takes.
 *
 * @param x Any shape.
 * @returns A tensor of the same shape, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { activation } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const y = activation(tf.tensor1d([-1.5, 0, 4]), "hardSwish");
 * assert.deepEqual([...await y.data()], [-0.375, 0, 4]);
 * ```
 */
export function activation<T extends tf.Tensor>(x: T, name: ActivationName): T {
  return runTrainingKernel(FORWARD, { x }, { activation: name })[0] as T;
}
