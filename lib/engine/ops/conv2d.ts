/**
 * Convolution, bias and ReLU as one op in both directions. tfjs fuses them for inference
 * only; in training it keeps three activations where one is enough.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { BIAS_GRADIENT } from "./bias_gradient.ts";
import { BIAS_LEAKY_RELU_GRAD, BIAS_RELU_GRAD } from "./kernels.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";
import {
  dilatedFilterGradient,
  dilatedInputGradient,
  explicitPadding,
  liveTaps,
} from "./dilated_conv2d.ts";
import { LEAKY_RELU_GRADIENT } from "./leaky_relu.ts";

/** Attributes of {@linkcode conv2d}. */
export interface Conv2dOptions {
  stride: number;
  /**
   * `same` pads as TensorFlow does: the odd pixel goes to the bottom and the right. A number pads
   * that many zeros on all four sides, as PyTorch does.
   */
  padding: "same" | "valid" | number;
  /** Distance of the filter's taps; above 1 only with stride 1. @default 1 */
  dilation?: number;
  relu: boolean;
  /** Slope of the ReLU below zero, 0 ≤ leak < 1. @default 0 */
  leak?: number;
}

/** Attributes of the kernel: what {@linkcode Conv2dOptions} say, in tfjs's terms. */
interface KernelAttrs {
  stride: number;
  pad: "same" | "valid" | tf.backend_util.ExplicitPadding;
  dilation: number;
  relu: boolean;
  leak?: number;
}

const MASK: TrainingKernel<Record<never, never>> = {
  name: BIAS_RELU_GRAD,
  compose({ dy, y }) {
    const masked = tf.mul(dy!, tf.step(y!));
    return [masked, tf.sum(masked, [0, 1, 2])];
  },
};

const LEAKY_MASK: TrainingKernel<{ alpha: number }> = {
  name: BIAS_LEAKY_RELU_GRAD,
  compose({ dy, y }, attrs) {
    const inputs = { x: y!, dy: dy! };
    const [masked] = runTrainingKernel(LEAKY_RELU_GRADIENT, inputs, attrs);
    return [masked!, runTrainingKernel(BIAS_GRADIENT, { dy: masked! }, {})[0]!];
  },
};

const KERNEL: TrainingKernel<KernelAttrs> = {
  name: "SegadvConv2d",
  compose({ x, filter, bias }, options) {
    const { relu, leak = 0, dilation } = options;
    const activation = relu ? leak > 0 ? "leakyrelu" : "relu" : "linear";
    const fused = { dilations: [dilation, dilation], activation, leakyreluAlpha: leak };
    const attrs = { ...tfjsAttrs(options), ...fused };
    const inputs = { x: x!, filter: filter!, ...(bias ? { bias } : {}) };
    return [tf.engine().runKernel("FusedConv2D", inputs, attrs) as tf.Tensor];
  },
  gradient: {
    saveInputs: ["x", "filter"],
    saveOutputs: [true],
    run([dy], saved, options) {
      const [x, filter, y] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
      const [masked, dbias] = options.relu ? maskedBy({ dy: dy!, y }, options) : [dy!, null];
      return {
        x: () => inputGradient({ dy: masked, filter, inputShape: x.shape }, options),
        filter: () => filterGradient({ x, dy: masked, filterShape: filter.shape }, options),
        bias: () => dbias ?? runTrainingKernel(BIAS_GRADIENT, { dy: masked }, {})[0]!,
      };
    },
  },
};

/**
 * y = relu?(x ∗ filter + bias). Differentiable in all three; the backward pass keeps x and y alone.
 *
 * @param inputs `x [b, h, w, c]`, `filter [k, k, c, f]`, `bias [f]` or none.
 * @returns `[b, h', w', f]`, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { conv2d } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const inputs = {
 *   x: tf.tensor4d([1, -2], [1, 1, 2, 1]),
 *   filter: tf.tensor4d([3], [1, 1, 1, 1]),
 *   bias: tf.tensor1d([1]),
 * };
 * const y = conv2d(inputs, { stride: 1, padding: "same", relu: true });
 * assert.deepEqual([...await y.data()], [4, 0]);
 * ```
 */
export function conv2d(
  inputs: { x: tf.Tensor4D; filter: tf.Tensor4D; bias?: tf.Tensor1D },
  options: Conv2dOptions,
): tf.Tensor4D {
  const { padding, dilation = 1, ...rest } = options;
  if (dilation === 1) {
    const pad = typeof padding === "number" ? explicitPadding([padding, padding]) : padding;
    return runTrainingKernel(KERNEL, inputs, { ...rest, pad, dilation })[0] as tf.Tensor4D;
  }
  if (options.stride !== 1) {
    throw new RangeError(
      `Cannot convolve with stride ${options.stride} and dilation ${dilation}: one must be 1`,
    );
  }
  return tf.tidy(() => {
    const { filter, ...taps } = liveTaps(inputs, { padding, dilation });
    return runTrainingKernel(KERNEL, { ...inputs, filter }, { ...rest, ...taps })[0];
  }) as tf.Tensor4D;
}

/** dy before the ReLU that made `y`, and its sum. */
function maskedBy(
  inputs: { dy: tf.Tensor; y: tf.Tensor },
  { leak = 0 }: { leak?: number },
): [masked: tf.Tensor, dbias: tf.Tensor] {
  const outputs = leak > 0
    ? runTrainingKernel(LEAKY_MASK, inputs, { alpha: leak })
    : runTrainingKernel(MASK, inputs, {});
  return outputs as [tf.Tensor, tf.Tensor];
}

function inputGradient(
  call: { dy: tf.Tensor; filter: tf.Tensor; inputShape: number[] },
  options: KernelAttrs,
): tf.Tensor {
  const { dy, filter, inputShape } = call;
  const { dilation, pad } = options;
  if (dilation > 1) return dilatedInputGradient(call, { dilations: dilation, pad });
  const attrs = { ...tfjsAttrs(options), inputShape };
  return tf.engine().runKernel("Conv2DBackpropInput", { dy, filter }, attrs) as tf.Tensor;
}

function filterGradient(
  call: { x: tf.Tensor; dy: tf.Tensor; filterShape: number[] },
  options: KernelAttrs,
): tf.Tensor {
  const { x, dy, filterShape } = call;
  const { dilation, pad } = options;
  if (dilation > 1) return dilatedFilterGradient(call, { dilations: dilation, pad });
  const attrs = { ...tfjsAttrs(options), filterShape };
  return tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, attrs) as tf.Tensor;
}

function tfjsAttrs({ stride, pad }: KernelAttrs): tf.NamedAttrMap {
  return {
    strides: [stride, stride] as [number, number],
    pad: pad as string,
    dataFormat: "NHWC",
    dimRoundingMode: undefined as unknown as string,
  };
}
