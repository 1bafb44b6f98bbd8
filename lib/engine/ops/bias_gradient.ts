/**
 * The gradient of a bias, which convolutions of all kinds share.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { BIAS_GRAD } from "./kernels.ts";
import type { TrainingKernel } from "./training_kernel.ts";

/** Sum of a gradient `dy` over all pixels. */
export const BIAS_GRADIENT: TrainingKernel<Record<never, never>> = {
  name: BIAS_GRAD,
  compose: ({ dy }) => [tf.sum(dy!, [0, 1, 2])],
};
