/** Depthwise convolutions that every backend is tested with. */
import type * as tf from "@tensorflow/tfjs";
import type { DepthwiseConv2dOptions } from "../../lib/engine/ops/depthwise_conv.ts";
import { normalTensor } from "./gradients.ts";

/** One of them. */
export interface DepthwiseCase {
  /** `[b, h, w, c]` */
  x: [number, number, number, number];
  kernel: number;
  multiplier: number;
  options: DepthwiseConv2dOptions;
}

const MAPS: DepthwiseCase["x"] = [2, 7, 6, 8];

/** By title. */
export const DEPTHWISE_CASES: Record<string, DepthwiseCase> = {
  "3×3": { x: MAPS, kernel: 3, multiplier: 1, options: { stride: 1, padding: "same" } },
  "3×3, 5 channels": {
    x: [2, 5, 6, 5],
    kernel: 3,
    multiplier: 1,
    options: { stride: 1, padding: "same" },
  },
  "3×3, 6 channels, of stride 2": {
    x: [1, 7, 8, 6],
    kernel: 3,
    multiplier: 1,
    options: { stride: 2, padding: 1 },
  },
  "5×5 of stride 2": {
    x: [1, 10, 9, 4],
    kernel: 5,
    multiplier: 1,
    options: { stride: 2, padding: 2 },
  },
  "3×3 of stride 2, same": {
    x: [2, 8, 6, 12],
    kernel: 3,
    multiplier: 1,
    options: { stride: 2, padding: "same" },
  },
  "3×3 without padding": {
    x: MAPS,
    kernel: 3,
    multiplier: 1,
    options: { stride: 1, padding: "valid" },
  },
  "multiplier 3": { x: [2, 5, 6, 4], kernel: 3, multiplier: 3, options: { stride: 1, padding: 1 } },
  "multiplier 6, stride 2": {
    x: [1, 6, 7, 2],
    kernel: 3,
    multiplier: 6,
    options: { stride: 2, padding: 1 },
  },
  "dilation 2": {
    x: MAPS,
    kernel: 3,
    multiplier: 1,
    options: { stride: 1, padding: "same", dilation: 2 },
  },
  "5×5, dilation 2": {
    x: [1, 8, 7, 20],
    kernel: 5,
    multiplier: 1,
    options: { stride: 1, padding: 4, dilation: 2 },
  },
  "dilation 2, multiplier 2": {
    x: [1, 6, 7, 3],
    kernel: 3,
    multiplier: 2,
    options: { stride: 1, padding: 2, dilation: 2 },
  },
  "dilation that leaves one tap": {
    x: MAPS,
    kernel: 3,
    multiplier: 1,
    options: { stride: 1, padding: "same", dilation: 12 },
  },
};

/** Operands of a case, normal numbers. */
export function depthwiseOperands(
  { x, kernel, multiplier }: DepthwiseCase,
): { x: tf.Tensor4D; filter: tf.Tensor4D; bias: tf.Tensor1D } {
  const channels = x[3];
  return {
    x: normalTensor("x", x) as tf.Tensor4D,
    filter: normalTensor("filter", [kernel, kernel, channels, multiplier]) as tf.Tensor4D,
    bias: normalTensor("bias", [channels * multiplier]) as tf.Tensor1D,
  };
}
