/**
 * ResNet-18, 34, 50 and 101 (He et al. 2016) as PyTorch builds them: no biases, symmetric padding, the
 * stride in a bottleneck's 3×3 (v1.5).
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, fraction } from "../../util/schema.ts";
import { torchResnet } from "../../weights/name_maps/resnet.ts";
import { type LayerBuilder, scaledChannels } from "../builders/layer_builder.ts";
import type { BackboneEntry, BackboneOptions, Feature, Features } from "./backbone_entry.ts";

/** Options of a ResNet backbone. */
const resnetOptions = optionsSchema({
  stemPool: field(z.enum(["padded", "same"]), {
    fallback: "padded",
    about: "ResNet: zeros around the first max pool: on all sides (padded: Caffe, Keras, " +
      "torchvision), or at the bottom and right only (same: TensorFlow's official weights).",
  }),
  bnMomentum: field(fraction, {
    fallback: 0.9,
    about: "Batch norm: moving = momentum * moving + (1 - momentum) * batch.",
  }),
});

type ResnetOptions = BackboneOptions & z.output<typeof resnetOptions> & { depth: Depth };
type Depth = keyof typeof STAGES;

const STAGES = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
} as const;
/** ε of every batch norm: PyTorch's. */
const BATCH_NORM_EPSILON = 1e-5;

/** ResNet-18, 34, 50 and 101. */
export const resnetBackbones: readonly BackboneEntry[] = ([18, 34, 50, 101] as const).map(
  (depth) => ({
    name: `resnet${depth}`,
    summary: `ResNet-${depth} (He et al. 2016)`,
    options: resnetOptions,
    strides: [2, 4, 8, 16, 32],
    stages: [/^(conv1|pool1)_/, /^conv2_/, /^conv3_/, /^conv4_/, /^conv5_/],
    nameMaps: [torchResnet],
    inputOptions: ["stemPool"],
    bnEpsilon: BATCH_NORM_EPSILON,
    build: (builder, x, options) =>
      resnet(builder, x, { ...options as BackboneOptions & z.output<typeof resnetOptions>, depth }),
  }),
);

function resnet<T>(builder: LayerBuilder<T>, images: T, options: ResnetOptions): Features<T> {
  const { depth, width } = options;
  const stem = scaledChannels(64, width);
  let x = convNorm(builder, images, {
    ...options,
    name: "conv1",
    filters: stem,
    kernel: 7,
    stride: 2,
    relu: true,
  });
  const features = new Map<number, Feature<T>>([[2, { x, channels: stem }]]);
  const padding = options.stemPool === "same" ? "same" : "valid";
  if (padding === "valid") x = builder.zeroPad(x, { name: "pool1_pad", pad: 1 });
  x = builder.maxPool(x, { name: "pool1_pool", size: 3, stride: 2, padding });
  let channels = stem;
  for (const [stage, blocks] of STAGES[depth].entries()) {
    const nominal = 4 * 2 ** stage;
    const dilation = Math.max(1, nominal / options.outputStride);
    const filters = scaledChannels(64 * 2 ** stage, width);
    const out = depth < 50 ? filters : 4 * filters;
    for (let block = 1; block <= blocks; block++) {
      const isFirst = block === 1;
      x = residual(builder, x, {
        ...options,
        name: `conv${stage + 2}_block${block}`,
        filters,
        stride: isFirst && stage > 0 && dilation === 1 ? 2 : 1,
        // torchvision dilates a stage from its second block on, SMP from its first
        dilation: isFirst && !options.dilateFirst ? Math.max(1, dilation / 2) : dilation,
        project: isFirst && (stage > 0 || channels !== out),
      });
      channels = out;
    }
    features.set(nominal, { x, channels });
  }
  return features;
}

interface ConvNorm {
  name: string;
  filters: number;
  kernel: number;
  stride?: number;
  dilation?: number;
  relu: boolean;
}

/** Bias-free convolution with PyTorch's symmetric padding, batch norm, ReLU. */
function convNorm<T>(builder: LayerBuilder<T>, x: T, options: ResnetOptions & ConvNorm): T {
  const { name, filters, kernel, stride = 1, dilation = 1, relu } = options;
  const y = builder.conv(x, {
    name: `${name}_conv`,
    filters,
    kernel,
    stride,
    dilation,
    padding: dilation * (kernel - 1) / 2,
    bias: false,
  });
  const norm = { momentum: options.bnMomentum, eps: BATCH_NORM_EPSILON };
  return builder.batchNorm(y, { name: `${name}_bn`, relu, ...norm });
}

/** A basic block (two 3×3) or a bottleneck (1×1, 3×3, 1×1), plus the input, ReLU. */
function residual<T>(
  builder: LayerBuilder<T>,
  x: T,
  options: ResnetOptions & {
    name: string;
    filters: number;
    stride: number;
    dilation: number;
    project: boolean;
  },
): T {
  const { name, filters, stride, dilation } = options;
  const isBasic = options.depth < 50;
  const out = isBasic ? filters : 4 * filters;
  const part = (from: T, conv: Omit<ConvNorm, "name"> & { index: number }): T =>
    convNorm(builder, from, { ...options, dilation: 1, ...conv, name: `${name}_${conv.index}` });
  const shortcut = options.project
    ? part(x, { index: 0, filters: out, kernel: 1, stride, relu: false })
    : x;
  let y: T;
  if (isBasic) {
    y = part(x, { index: 1, filters, kernel: 3, stride, dilation, relu: true });
    y = part(y, { index: 2, filters, kernel: 3, stride: 1, dilation, relu: false });
  } else {
    y = part(x, { index: 1, filters, kernel: 1, stride: 1, relu: true });
    y = part(y, { index: 2, filters, kernel: 3, stride, dilation, relu: true });
    y = part(y, { index: 3, filters: out, kernel: 1, stride: 1, relu: false });
  }
  const sum = builder.add([shortcut, y], { name: `${name}_add` });
  return builder.activation(sum, { name: `${name}_out`, activation: "relu" });
}
