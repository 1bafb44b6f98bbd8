/**
 * The segmentation networks by name: one entry feeds the config's schema, the command line, the
 * help and the documentation.
 *
 * @module
 */
import { z } from "zod";
import {
  type OptionsSchema,
  optionsSchema,
  parseOptions,
  Registry,
  type RegistryEntry,
} from "../util/registry.ts";
import { field, fraction, positive, wants } from "../util/schema.ts";
import { fcn, type FcnOptions } from "./networks/fcn.ts";
import type { LayerBuilder } from "./builders/layer_builder.ts";
import { resnet, type ResnetOptions } from "./networks/resnet.ts";
import type { ArchitectureOptions, UpsampleOrder } from "./segmentation_model.ts";

/** A network that can be built by name. */
export interface NetworkEntry extends RegistryEntry {
  readonly options: OptionsSchema;
  /** The order that `upsampleOrder: auto` means. */
  upsampleOrder: UpsampleOrder;
  /** Pixels of input per logit. */
  logitStride: number;
  /** Input height and width must be multiples of this. */
  inputMultiple: number;
  /** Layers that end the first stages: all that follows reads what comes before through them. */
  stages: readonly string[];
  /** Builds the network's layers; returns its logits. */
  build<T>(builder: LayerBuilder<T>, architecture: ArchitectureOptions): T;
}

/** Keys of {@linkcode ArchitectureOptions} that every network shares. */
export const ARCHITECTURE_KEYS: readonly string[] = ["name", "width", "upsampleOrder", "classes"];

const fcnOptions = optionsSchema({
  skipScales: field(z.tuple([positive, positive], wants("[pool4, pool3]")), {
    fallback: [0.01, 0.0001],
    about: "FCN: constants on pool4 and pool3 before their score layers. The defaults suit " +
      "ImageNet weights; from a random start use [1, 1].",
    source: "§3.1.1",
  }),
  padding: field(z.literal(["same", 100]), {
    fallback: "same",
    about: "FCN: same, or 100 zero pixels around the image with crops, for Berkeley's weights.",
  }),
  dropout: field(fraction, {
    fallback: 0.5,
    about: "FCN: dropout rate after fc6 and fc7.",
  }),
});

const resnetOptions = optionsSchema({
  variant: field(z.enum(["v1", "v1.5"]), {
    fallback: "v1",
    about: "ResNet: stride of a bottleneck in its first 1x1 (v1) or its 3x3 (v1.5, torchvision).",
  }),
  stemPool: field(z.enum(["padded", "same"]), {
    fallback: "padded",
    about: "ResNet: zeros around the first max pool: on all sides (padded: Caffe, Keras, " +
      "torchvision), or at the bottom and right only (same: TensorFlow's official weights).",
  }),
  bnMomentum: field(fraction, {
    fallback: 0.9,
    about: "ResNet: batch norm: moving = momentum * moving + (1 - momentum) * batch.",
    source: "Table 4-1",
  }),
});

/** All built-in segmentation networks, in the order in which they are listed. */
export const networks: Registry<NetworkEntry> = new Registry("network", [
  fcnEntry("vgg16", 8),
  fcnEntry("vgg16", 16),
  fcnEntry("vgg16", 32),
  fcnEntry("vgg19", 8),
  fcnEntry("vgg19", 16),
  fcnEntry("vgg19", 32),
  resnetEntry(50),
  resnetEntry(101),
  resnetEntry(152),
]);

function fcnEntry(backbone: FcnOptions["backbone"], stride: FcnOptions["stride"]): NetworkEntry {
  const vgg = backbone === "vgg16" ? "VGG-16" : "VGG-19";
  const name = `fcn${stride}s-${backbone}`;
  return {
    name,
    summary: `FCN-${stride}s on ${vgg} (Long et al. 2015), logits at full size`,
    options: fcnOptions,
    upsampleOrder: "logits",
    logitStride: 1,
    inputMultiple: 32,
    stages: ["block1_pool", "block2_pool"],
    build(builder, architecture) {
      const own = parseOptions(fcnOptions, architecture, { name, shared: ARCHITECTURE_KEYS });
      const { classes, width } = architecture;
      return fcn(builder, { ...own, classes, width, backbone, stride });
    },
  };
}

function resnetEntry(depth: ResnetOptions["depth"]): NetworkEntry {
  const name = `resnet${depth}`;
  return {
    name,
    summary: `ResNet-${depth} (He et al. 2016) with a 1×1 score layer, logits at stride 32`,
    options: resnetOptions,
    upsampleOrder: "probabilities",
    logitStride: 32,
    inputMultiple: 32,
    stages: ["conv2_block3_out", depth === 152 ? "conv3_block8_out" : "conv3_block4_out"],
    build(builder, architecture) {
      const own = parseOptions(resnetOptions, architecture, { name, shared: ARCHITECTURE_KEYS });
      const { classes, width } = architecture;
      return resnet(builder, { ...own, classes, width, depth });
    },
  };
}
