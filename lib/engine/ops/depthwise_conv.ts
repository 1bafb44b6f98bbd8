/**
 * Depthwise convolution, a kernel or several for each channel, with a bias, and the gradients.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { BIAS_GRADIENT } from "./bias_gradient.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";

/** Options of {@linkcode depthwiseConv2d}. */
export interface DepthwiseConv2dOptions {
  stride: number;
  /** `same` pads as TensorFlow does; a number pads that many zeros on all four sides. */
  padding: "same" | "valid" | number;
  /** Distance of the kernel's taps; with a stride only 1. @default 1 */
  dilation?: number;
}

/**
 * Gradient of a depthwise convolution at its input. Inputs `dy [b,h',w',c·m]`, `filter [k,k,c,m]`;
 * output `dx [b,h,w,c]`. Attributes: those of tfjs's DepthwiseConv2dNativeBackpropInput, any dilations.
 */
export const DEPTHWISE_INPUT_GRAD = "SegadvDepthwiseInputGrad";
/**
 * Gradient of a depthwise convolution at its filter. Inputs `x [b,h,w,c]`, `dy [b,h',w',c·m]`; output
 * `[k,k,c,m]`. Attributes: those of tfjs's DepthwiseConv2dNativeBackpropFilter, any dilations.
 */
export const DEPTHWISE_FILTER_GRAD = "SegadvDepthwiseFilterGrad";

type Four = [number, number, number, number];

/** Attributes that a depthwise convolution of tfjs and its gradients share. */
interface WindowAttrs {
  strides: [number, number];
  pad: "same" | "valid" | number | tf.backend_util.ExplicitPadding;
  dilations: [number, number];
  dataFormat?: "NHWC";
  dimRoundingMode?: "floor" | "round" | "ceil";
}

/** Attributes of {@linkcode DEPTHWISE_INPUT_GRAD}. */
interface InputGradAttrs extends WindowAttrs {
  inputShape: Four;
}

/** Attributes of {@linkcode DEPTHWISE_FILTER_GRAD}. */
interface FilterGradAttrs extends WindowAttrs {
  filterShape: Four;
}

/** The tfjs kernels know no dilation in gradients. */
const INPUT_GRADIENT: TrainingKernel<InputGradAttrs> = {
  name: DEPTHWISE_INPUT_GRAD,
  compose({ dy, filter }, attrs) {
    if (!isDilated(attrs)) {
      const inputs = { dy: dy!, filter: filter! };
      return [runTfjs("DepthwiseConv2dNativeBackpropInput", inputs, attrs)];
    }
    const [k, , c, m] = filter!.shape as Four;
    const { top, left, height, width, reach } = geometry(attrs.inputShape, filter!.shape, attrs);
    const full = tf.pad(dy!, [[0, 0], [reach, reach], [reach, reach], [0, 0]]) as tf.Tensor4D;
    const flipped = tf.reshape(tf.reverse(filter!, [0, 1]), [k, k, c * m, 1]) as tf.Tensor4D;
    const { dilations } = attrs;
    const spread = tf.depthwiseConv2d(full, flipped, 1, "valid", "NHWC", dilations);
    const [b, h, w] = spread.shape;
    const dx = tf.sum(tf.reshape(spread, [b, h, w, c, m]), -1);
    return [tf.slice(dx, [0, top, left, 0], [b, height, width, c])];
  },
};

const FILTER_GRADIENT: TrainingKernel<FilterGradAttrs> = {
  name: DEPTHWISE_FILTER_GRAD,
  compose({ x, dy }, attrs) {
    const { filterShape, dilations: [dilation] } = attrs;
    if (!isDilated(attrs)) {
      return [runTfjs("DepthwiseConv2dNativeBackpropFilter", { x: x!, dy: dy! }, attrs)];
    }
    const [k, , c, m] = filterShape;
    const { top, bottom, left, right } = geometry(x!.shape, filterShape, attrs);
    const padded = tf.pad(x!, [[0, 0], [top, bottom], [left, right], [0, 0]]);
    const [b, h, w] = dy!.shape as Four;
    const grads = tf.reshape(dy!, [b, h, w, c, m]);
    const taps = Array.from({ length: k * k }, (_, tap) => {
      const row = Math.floor(tap / k) * dilation;
      const part = tf.slice(padded, [0, row, (tap % k) * dilation, 0], [b, h, w, c]);
      return tf.sum(tf.mul(tf.expandDims(part, -1), grads), [0, 1, 2]);
    });
    return [tf.reshape(tf.stack(taps), filterShape)];
  },
};

const FORWARD: TrainingKernel<WindowAttrs> = {
  name: "SegadvDepthwiseConv2d",
  compose({ x, filter, bias }, attrs) {
    const inputs = { x: x!, filter: filter! };
    if (!bias) return [runTfjs("DepthwiseConv2dNative", inputs, attrs)];
    const fused = { ...attrs, activation: "linear" };
    return [runTfjs("FusedDepthwiseConv2D", { ...inputs, bias }, fused)];
  },
  gradient: {
    saveInputs: ["x", "filter"],
    saveOutputs: [],
    run: ([dy], [x, filter], attrs) => ({
      ...depthwiseGradients({ x: x!, filter: filter!, dy: dy! }, attrs),
      bias: () => runTrainingKernel(BIAS_GRADIENT, { dy: dy! }, {})[0]!,
    }),
  },
};

/**
 * Gradients of a depthwise convolution at its input and its filter, with any dilation, by input name.
 *
 * @param attrs Those of tfjs's DepthwiseConv2dNative.
 */
export function depthwiseGradients(
  tensors: { x: tf.Tensor; filter: tf.Tensor; dy: tf.Tensor },
  attrs: object,
): Record<"x" | "filter", () => tf.Tensor> {
  const { x, filter, dy } = tensors;
  const given = attrs as WindowAttrs;
  const window = { ...given, dilations: pair(given.dilations) };
  const inputAttrs = { ...window, inputShape: x.shape as Four };
  const filterAttrs = { ...window, filterShape: filter.shape as Four };
  return {
    x: () => runTrainingKernel(INPUT_GRADIENT, { dy, filter }, inputAttrs)[0]!,
    filter: () => runTrainingKernel(FILTER_GRADIENT, { x, dy }, filterAttrs)[0]!,
  };
}

/**
 * y[c·m + j] = x[c] ∗ filter[c, j] + bias: each channel by `m` kernels of its own. Differentiable in all
 * three; the backward pass keeps x alone.
 *
 * @param inputs `x [b, h, w, c]`, `filter [k, k, c, m]`, `bias [c·m]` or none.
 * @returns `[b, h', w', c·m]`, owned by the caller.
 * @throws {RangeError} If stride and dilation both exceed 1.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { depthwiseConv2d } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const x = tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2]);
 * const filter = tf.tensor4d([10, 100], [1, 1, 2, 1]);
 * const y = depthwiseConv2d({ x, filter }, { stride: 1, padding: "same" });
 * assert.deepEqual([...await y.data()], [10, 200, 30, 400]);
 * ```
 */
export function depthwiseConv2d(
  inputs: { x: tf.Tensor4D; filter: tf.Tensor4D; bias?: tf.Tensor1D },
  { stride, padding, dilation = 1 }: DepthwiseConv2dOptions,
): tf.Tensor4D {
  if (stride > 1 && dilation > 1) {
    throw new RangeError(
      `Cannot convolve with stride ${stride} and dilation ${dilation}: one of them must be 1`,
    );
  }
  return runTrainingKernel(FORWARD, inputs, {
    strides: [stride, stride],
    pad: padding,
    dataFormat: "NHWC",
    dilations: [dilation, dilation],
  })[0] as tf.Tensor4D;
}

function isDilated({ dilations: [rows, columns] }: WindowAttrs): boolean {
  return rows > 1 || columns > 1;
}

/** tfjs's attribute may be a number or missing. */
function pair(dilations: number | [number, number] | undefined): [number, number] {
  return typeof dilations === "number" ? [dilations, dilations] : dilations ?? [1, 1];
}

function runTfjs(name: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;
}

/** Input size, padding, and the distance of a dilated kernel's outer taps. */
function geometry(
  inputShape: number[],
  filterShape: number[],
  attrs: WindowAttrs,
): Record<"top" | "bottom" | "left" | "right" | "height" | "width" | "reach", number> {
  const { strides, dilations, pad, dimRoundingMode } = attrs;
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as Four,
    filterShape as Four,
    strides,
    dilations,
    pad as "same",
    dimRoundingMode,
    true,
  );
  const { padInfo: { top, bottom, left, right }, inHeight: height, inWidth: width } = info;
  return { top, bottom, left, right, height, width, reach: info.effectiveFilterHeight - 1 };
}
