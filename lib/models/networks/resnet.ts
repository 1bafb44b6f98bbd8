/**
 * ResNet-50, 101 and 152 with a 1×1 score layer at stride 32 (He et al. 2016; method.md,
 * "Networks"), in Keras' style: biases in all convolutions, Keras' layer names.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, fraction } from "../../util/schema.ts";
import { resnetNameMaps } from "../../weights/name_maps/resnet.ts";
import { type LayerBuilder, scaledChannels } from "../builders/layer_builder.ts";
import type { NetworkEntry } from "./network_entry.ts";
import { pictureInput } from "./picture_input.ts";

/** Options of a ResNet. */
const resnetOptions = optionsSchema({
  variant: field(z.enum(["v1", "v1.5"]), {
    fallback: "v1",
    about: "Stride of a ResNet bottleneck: in its first 1x1 (v1) or its 3x3 (v1.5, torchvision).",
  }),
  stemPool: field(z.enum(["padded", "same"]), {
    fallback: "padded",
    about: "ResNet: zeros around the first max pool: on all sides (padded: Caffe, Keras, " +
      "torchvision), or at the bottom and right only (same: TensorFlow's official weights).",
  }),
  bnMomentum: field(fraction, {
    fallback: 0.9,
    about: "Batch norm: moving = momentum * moving + (1 - momentum) * batch.",
    source: "Table 4-1",
  }),
});

/** What a ResNet is built from. */
interface ResnetArchitecture extends z.output<typeof resnetOptions> {
  depth: keyof typeof STAGES;
  classes: number;
  /** Multiplier of all channel counts. */
  width: number;
}

const STAGES = { 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3] } as const;
/** ε of every batch norm, as in Keras. */
const BATCH_NORM_EPSILON = 1.001e-5;

/** ResNet-50, 101 and 152. */
export const resnetNetworks: readonly NetworkEntry[] = ([50, 101, 152] as const).map((depth) => ({
  name: `resnet${depth}`,
  summary: `ResNet-${depth} (He et al. 2016) with a 1×1 score layer, logits at stride 32`,
  options: resnetOptions,
  upsampleOrder: "probabilities",
  logitStride: 32,
  inputMultiple: 32,
  backboneStages: [/^(conv1|pool1)_/, /^conv2_/, /^conv3_/, /^conv4_/, /^conv5_/],
  stages: ["conv2_block3_out", depth === 152 ? "conv3_block8_out" : "conv3_block4_out"],
  nameMaps: resnetNameMaps,
  inputOptions: ["variant", "stemPool"],
  bnEpsilon: BATCH_NORM_EPSILON,
  build: (builder, architecture) =>
    resnet(builder, {
      ...architecture as typeof architecture & z.output<typeof resnetOptions>,
      depth,
    }),
}));

/**
 * Builds a ResNet: images `[b, h, w, 3]` to logits `[b, h/32, w/32, classes]`, h and w
 * multiples of 32.
 *
 * 3×3 convolutions of stride 2 and the stem pad by hand on all four sides (as Caffe, PyTorch and
 * Keras' ResNet do); `same` would pad the bottom and the right only and shift the map.
 */
function resnet<T>(builder: LayerBuilder<T>, options: ResnetArchitecture): T {
  const norm = { momentum: options.bnMomentum, eps: BATCH_NORM_EPSILON };
  const stem = scaledChannels(64, options.width);

  let x = builder.zeroPad(pictureInput(builder, options), { name: "conv1_pad", pad: 3 });
  x = builder.conv(x, {
    name: "conv1_conv",
    filters: stem,
    kernel: 7,
    stride: 2,
    padding: "valid",
  });
  x = builder.batchNorm(x, { name: "conv1_bn", relu: true, ...norm });
  const padding = options.stemPool === "same" ? "same" : "valid";
  if (padding === "valid") x = builder.zeroPad(x, { name: "pool1_pad", pad: 1 });
  x = builder.maxPool(x, { name: "pool1_pool", size: 3, stride: 2, padding });

  for (const [stage, blocks] of STAGES[options.depth].entries()) {
    const filters = scaledChannels(64 * 2 ** stage, options.width);
    for (let block = 1; block <= blocks; block++) {
      const name = `conv${stage + 2}_block${block}`;
      const stride = stage > 0 && block === 1 ? 2 : 1;
      x = bottleneck(builder, { ...options, x, name, filters, stride, project: block === 1 });
    }
  }
  // Small noise rather than He: the scores of 2048 rectified channels should start near uniform.
  const init = { kind: "normal", std: 0.01 } as const;
  return builder.conv(x, { name: "score", filters: options.classes, kernel: 1, init });
}

/** 1×1, 3×3, 1×1 with batch norm, plus the input (projected in a stage's first block), ReLU. */
function bottleneck<T>(
  builder: LayerBuilder<T>,
  options: ResnetArchitecture & {
    x: T;
    name: string;
    filters: number;
    stride: number;
    project: boolean;
  },
): T {
  const { x, name, filters, stride, variant } = options;
  const norm = { momentum: options.bnMomentum, eps: BATCH_NORM_EPSILON };
  const [firstStride, middleStride] = variant === "v1" ? [stride, 1] : [1, stride];

  const convNorm = (
    from: T,
    part: { index: number; filters: number; kernel: number; stride: number; relu: boolean },
  ): T => {
    const { index, relu, ...conv } = part;
    const padding = conv.kernel > 1 && conv.stride === 1 ? "same" : "valid";
    const padded = conv.kernel > 1 && conv.stride > 1
      ? builder.zeroPad(from, { name: `${name}_${index}_pad`, pad: 1 })
      : from;
    const y = builder.conv(padded, { name: `${name}_${index}_conv`, padding, ...conv });
    return builder.batchNorm(y, { name: `${name}_${index}_bn`, relu, ...norm });
  };

  const shortcut = options.project
    ? convNorm(x, { index: 0, filters: 4 * filters, kernel: 1, stride, relu: false })
    : x;
  let y = convNorm(x, { index: 1, filters, kernel: 1, stride: firstStride, relu: true });
  y = convNorm(y, { index: 2, filters, kernel: 3, stride: middleStride, relu: true });
  y = convNorm(y, { index: 3, filters: 4 * filters, kernel: 1, stride: 1, relu: false });
  const sum = builder.add([shortcut, y], { name: `${name}_add` });
  return builder.activation(sum, { name: `${name}_out`, activation: "relu" });
}
