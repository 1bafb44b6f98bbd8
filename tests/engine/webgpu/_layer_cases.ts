/** The cases that are layers of networks: convolutions, pooling, normalisation. */
import * as tf from "@tensorflow/tfjs";
import { both, type Case, forward, four, MAPS, one, THIN } from "./_case.ts";

type Pad = "same" | "valid" | number | tf.backend_util.ExplicitPadding;

function conv(
  name: string,
  x: number[],
  options: { filter: number[]; stride?: number; pad?: Pad },
): Case {
  const { filter, stride = 1, pad = "same" } = options;
  const f: Case["f"] = (x, w) => tf.conv2d(four(x), four(w), stride, pad as "same");
  return both(`conv2d ${name}`, [x, filter], f);
}

const EXPLICIT: Pad = [[0, 0], [2, 1], [0, 3], [0, 0]];

/** Convolutions of every kind. */
export const CONVOLUTIONS: Case[] = [
  conv("3x3, 3 to 8 channels", THIN, { filter: [3, 3, 3, 8] }),
  conv("3x3, 8 to 8 channels", MAPS, { filter: [3, 3, 8, 8] }),
  conv("3x3, 8 to 5 channels", MAPS, { filter: [3, 3, 8, 5] }),
  conv("3x3 valid", MAPS, { filter: [3, 3, 8, 8], pad: "valid" }),
  conv("3x3 stride 2, 3 channels", THIN, { filter: [3, 3, 3, 8], stride: 2 }),
  conv("3x3 stride 2", MAPS, { filter: [3, 3, 8, 8], stride: 2 }),
  conv("3x3 stride 2 valid", MAPS, { filter: [3, 3, 8, 8], stride: 2, pad: "valid" }),
  conv("4x4 stride 2", MAPS, { filter: [4, 4, 8, 12], stride: 2 }),
  conv("4x4 stride 2, 1 pixel of padding", MAPS, { filter: [4, 4, 8, 12], stride: 2, pad: 1 }),
  conv("7x7 stride 2", [1, 16, 15, 3], { filter: [7, 7, 3, 8], stride: 2 }),
  conv("7x7 valid", [1, 9, 8, 8], { filter: [7, 7, 8, 4], pad: "valid" }),
  conv("3x3 with explicit padding", MAPS, { filter: [3, 3, 8, 8], pad: EXPLICIT }),
  conv("3x3 stride 2 with explicit padding", THIN, {
    filter: [3, 3, 3, 4],
    stride: 2,
    pad: EXPLICIT,
  }),
  conv("1x1", MAPS, { filter: [1, 1, 8, 16] }),
  conv("1x1, 3 to 5 channels", THIN, { filter: [1, 1, 3, 5] }),
  conv("1x1 stride 2", MAPS, { filter: [1, 1, 8, 16], stride: 2 }),
  both(
    "conv2dTranspose 4x4 stride 2 same",
    [[2, 5, 4, 8], [4, 4, 8, 8]],
    (x, w) => tf.conv2dTranspose(four(x), four(w), [2, 10, 8, 8], 2, "same"),
  ),
  both(
    "conv2dTranspose 4x4 stride 2 valid",
    [[2, 5, 4, 6], [4, 4, 5, 6]],
    (x, w) => tf.conv2dTranspose(four(x), four(w), [2, 12, 10, 5], 2, "valid"),
  ),
  both(
    "conv2dTranspose 16x16 stride 8",
    [[1, 3, 2, 5], [16, 16, 5, 5]],
    (x, w) => tf.conv2dTranspose(four(x), four(w), [1, 24, 16, 5], 8, "same"),
  ),
  both(
    "depthwiseConv2d stride 1",
    [MAPS, [3, 3, 8, 1]],
    (x, w) => tf.depthwiseConv2d(four(x), four(w), 1, "same"),
  ),
  both(
    "depthwiseConv2d stride 2",
    [MAPS, [3, 3, 8, 1]],
    (x, w) => tf.depthwiseConv2d(four(x), four(w), 2, "same"),
  ),
  both(
    "depthwiseConv2d multiplier 2",
    [MAPS, [3, 3, 8, 2]],
    (x, w) => tf.depthwiseConv2d(four(x), four(w), 1, "same"),
  ),
  both(
    "conv3d",
    [[1, 4, 4, 4, 2], [2, 2, 2, 2, 3]],
    (x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, "same"),
  ),
  both(
    "fused.conv2d with bias and ReLU",
    [MAPS, [3, 3, 8, 8], [8]],
    (x, w, bias) =>
      tf.fused.conv2d({
        ...{ x: four(x), filter: four(w), strides: 1, pad: "same", activation: "relu" },
        bias: bias!,
      }),
  ),
  forward(
    "conv2d 3x3 dilated",
    [MAPS, [3, 3, 8, 8]],
    (x, w) => tf.conv2d(four(x), four(w), 1, "same", "NHWC", 2),
  ),
];

/** Pooling. */
export const POOLS: Case[] = [
  both("maxPool 2x2", [MAPS], (x) => tf.maxPool(four(x), 2, 2, "same")),
  both("maxPool 2x2, 3 channels", [THIN], (x) => tf.maxPool(four(x), 2, 2, "same")),
  both("maxPool 3x3 stride 2", [MAPS], (x) => tf.maxPool(four(x), 3, 2, "same")),
  both("maxPool 3x3 stride 2 valid", [MAPS], (x) => tf.maxPool(four(x), 3, 2, "valid")),
  both("maxPool 3x3 with 1 pixel of padding", [MAPS], (x) => tf.maxPool(four(x), 3, 2, 1)),
  both("avgPool 2x2", [MAPS], (x) => tf.avgPool(four(x), 2, 2, "same")),
  both("avgPool 3x3 stride 1", [MAPS], (x) => tf.avgPool(four(x), 3, 1, "same")),
];

function trainingNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.batchNorm4d(four(x), one(mean), one(variance), one(beta), one(gamma), 1e-3);
}

/** Normalisation. */
export const NORMS: Case[] = [
  both(
    "batch norm by moments and batchNorm",
    [MAPS, [8], [8]],
    (x, gamma, beta) => trainingNorm(x!, gamma!, beta!),
  ),
  both("batch norm from elementwise ops", [MAPS, [8], [8]], (x, gamma, beta) => {
    const { mean, variance } = tf.moments(x!, [0, 1, 2]);
    const normal = tf.mul(tf.sub(x!, mean), tf.rsqrt(tf.add(variance, 1e-3)));
    return tf.add(tf.mul(normal, gamma!), beta!);
  }),
  both("localResponseNormalization", [MAPS], (x) => tf.localResponseNormalization(four(x))),
  both("norm", [MAPS], (x) => tf.norm(x!)),
  both("norm along an axis", [MAPS], (x) => tf.norm(x!, 2, -1)),
];
