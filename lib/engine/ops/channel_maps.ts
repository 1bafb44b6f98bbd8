/**
 * Ops between maps and single pixels: the mean over height and width, and the product with one factor
 * for each channel.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";

/** Mean over height and width. Input `x [b,h,w,c]`; output `[b,1,1,c]`. */
export const GLOBAL_AVERAGE_POOL = "SegadvGlobalAveragePool";
/**
 * Gradient of {@linkcode GLOBAL_AVERAGE_POOL}. Input `dy [b,1,1,c]`; output `[b,h,w,c]`. Attributes
 * `{ inputShape }`.
 */
export const GLOBAL_AVERAGE_POOL_GRAD = "SegadvGlobalAveragePoolGrad";

/** Inputs `x [b,h,w,c]`, `factors [b,1,1,c]`; output their product. */
export const SCALE_CHANNELS = "SegadvScaleChannels";
/**
 * Gradient of {@linkcode SCALE_CHANNELS}. Inputs `x`, `factors`, `dy`; outputs `[dx, dfactors]`.
 */
export const SCALE_CHANNELS_GRAD = "SegadvScaleChannelsGrad";

type NoAttrs = Record<never, never>;

const POOL_GRADIENT: TrainingKernel<{ inputShape: number[] }> = {
  name: GLOBAL_AVERAGE_POOL_GRAD,
  compose({ dy }, { inputShape }) {
    const [, height, width] = inputShape as [number, number, number, number];
    return [tf.tile(tf.div(dy!, height * width), [1, height, width, 1])];
  },
};

const POOL: TrainingKernel<NoAttrs> = {
  name: GLOBAL_AVERAGE_POOL,
  compose: ({ x }) => [tf.mean(x!, [1, 2], true)],
  gradient: {
    saveInputs: ["x"],
    saveOutputs: [],
    run: ([dy], [x]) => ({
      x: () => runTrainingKernel(POOL_GRADIENT, { dy: dy! }, { inputShape: x!.shape })[0]!,
    }),
  },
};

const SCALE_GRADIENT: TrainingKernel<NoAttrs> = {
  name: SCALE_CHANNELS_GRAD,
  compose: ({ x, factors, dy }) => [
    tf.mul(dy!, factors!),
    tf.sum(tf.mul(dy!, x!), [1, 2], true),
  ],
};

const SCALE: TrainingKernel<NoAttrs> = {
  name: SCALE_CHANNELS,
  compose: ({ x, factors }) => [tf.mul(x!, factors!)],
  gradient: {
    saveInputs: ["x", "factors"],
    saveOutputs: [],
    run([dy], saved) {
      const [x, factors] = saved as [tf.Tensor, tf.Tensor];
      const [dx, dfactors] = runTrainingKernel(SCALE_GRADIENT, { x, factors, dy: dy! }, {});
      return { x: dx!, factors: dfactors! };
    },
  },
};

/**
 * Mean of a map over height and width, differentiable.
 *
 * @param x `[b, h, w, c]`.
 * @returns `[b, 1, 1, c]`, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { globalAveragePool } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const mean = globalAveragePool(tf.tensor4d([1, 2, 3, 6], [1, 2, 2, 1]));
 * assert.deepEqual([...await mean.data()], [3]);
 * ```
 */
export function globalAveragePool(x: tf.Tensor4D): tf.Tensor4D {
  return runTrainingKernel(POOL, { x }, {})[0] as tf.Tensor4D;
}

/**
 * Multiplies each channel of each image by a factor of its own (squeeze and excitation),
 * differentiable in both.
 *
 * @param x `[b, h, w, c]`.
 * @param factors `[b, 1, 1, c]`.
 * @returns `[b, h, w, c]`, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { scaleChannels } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const x = tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2]);
 * const y = scaleChannels(x, tf.tensor4d([10, 100], [1, 1, 1, 2]));
 * assert.deepEqual([...await y.data()], [10, 200, 30, 400]);
 * ```
 */
export function scaleChannels(x: tf.Tensor4D, factors: tf.Tensor4D): tf.Tensor4D {
  return runTrainingKernel(SCALE, { x, factors }, {})[0] as tf.Tensor4D;
}
