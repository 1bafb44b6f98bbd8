/** Convolutions that between them use every path of the kernels. */
import * as tf from "@tensorflow/tfjs";
import { normal } from "./_compare.ts";

/** One convolution of an odd image. */
export interface ConvCase {
  kernel: number;
  stride: number;
  pad: "same" | "valid";
  /** Channels in and out. */
  channels: [number, number];
}

/** Aligned and odd channels, filters from 1×1 to 7×7, strides 1 and 2. */
export const CONV_CASES: ConvCase[] = [
  { kernel: 1, stride: 1, pad: "same", channels: [3, 5] },
  { kernel: 1, stride: 1, pad: "same", channels: [16, 20] },
  { kernel: 1, stride: 2, pad: "same", channels: [4, 8] },
  { kernel: 3, stride: 1, pad: "same", channels: [3, 5] },
  { kernel: 3, stride: 1, pad: "same", channels: [4, 8] },
  { kernel: 3, stride: 1, pad: "valid", channels: [32, 64] },
  { kernel: 3, stride: 2, pad: "same", channels: [16, 20] },
  { kernel: 4, stride: 2, pad: "same", channels: [21, 64] },
  { kernel: 4, stride: 2, pad: "same", channels: [64, 1] },
  { kernel: 7, stride: 2, pad: "same", channels: [3, 64] },
];

/** Name of a case in a test's title. */
export function caseName({ kernel, stride, pad, channels }: ConvCase): string {
  return `${kernel}x${kernel}/${stride} ${pad}, channels ${channels.join(" to ")}`;
}

/** Operands of a case: x, the filter, the attributes and a gradient dy. */
export function operands({ kernel, stride, pad, channels }: ConvCase): {
  x: tf.Tensor4D;
  filter: tf.Tensor4D;
  dy: tf.Tensor4D;
  attrs: tf.NamedAttrMap;
} {
  const x = normal([2, 11, 9, channels[0]]) as tf.Tensor4D;
  const filter = normal([kernel, kernel, ...channels], 2) as tf.Tensor4D;
  const info = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, stride, 1, pad);
  const dy = normal(info.outShape, 3) as tf.Tensor4D;
  return { x, filter, dy, attrs: { strides: stride, pad, dataFormat: "NHWC" } };
}
