/**
 * The segmentation networks by name: one entry feeds the config's schema, the command line, the
 * help and the documentation.
 *
 * @module
 */
import { fcn, type FcnOptions } from "./networks/fcn.ts";
import type { LayerBuilder } from "./builders/layer_builder.ts";
import { resnet, type ResnetOptions } from "./networks/resnet.ts";
import type { ArchitectureOptions, UpsampleOrder } from "./segmentation_model.ts";

/** A network that can be built by name. */
export interface ModelEntry {
  name: string;
  /** One line for `--help`. */
  summary: string;
  /** The order that `upsampleOrder: auto` means. */
  upsampleOrder: UpsampleOrder;
  /** Pixels of input per logit. */
  logitStride: number;
  /** Input height and width must be multiples of this. */
  inputMultiple: number;
  /** Layers that end the first stages: all that follows sees what comes before through them. */
  stages: readonly string[];
  /** Writes the network in a builder; returns its logits. */
  write<T>(builder: LayerBuilder<T>, architecture: ArchitectureOptions): T;
}

/** All built-in segmentation networks, in the order in which they are listed. */
export const modelRegistry: ReadonlyMap<string, ModelEntry> = new Map(
  [
    fcnEntry("vgg16", 8),
    fcnEntry("vgg16", 16),
    fcnEntry("vgg16", 32),
    fcnEntry("vgg19", 8),
    fcnEntry("vgg19", 16),
    fcnEntry("vgg19", 32),
    resnetEntry(50),
    resnetEntry(101),
    resnetEntry(152),
  ].map((entry) => [entry.name, entry]),
);

/**
 * The entry of a name.
 *
 * @throws {RangeError} If no network has this name; the message lists those that exist.
 */
export function findModel(name: string): ModelEntry {
  const entry = modelRegistry.get(name);
  if (!entry) {
    const known = [...modelRegistry.keys()].join(", ");
    throw new RangeError(`No network is named "${name}": choose one of ${known}`);
  }
  return entry;
}

function fcnEntry(backbone: FcnOptions["backbone"], stride: FcnOptions["stride"]): ModelEntry {
  const vgg = backbone === "vgg16" ? "VGG-16" : "VGG-19";
  return {
    name: `fcn${stride}s-${backbone}`,
    summary: `FCN-${stride}s on ${vgg} (Long et al. 2015), logits at full size`,
    upsampleOrder: "logits",
    logitStride: 1,
    inputMultiple: 32,
    stages: ["block1_pool", "block2_pool"],
    write: (builder, architecture) => fcn(builder, { ...architecture, backbone, stride }),
  };
}

function resnetEntry(depth: ResnetOptions["depth"]): ModelEntry {
  return {
    name: `resnet${depth}`,
    summary: `ResNet-${depth} (He et al. 2016) with a 1×1 score layer, logits at stride 32`,
    upsampleOrder: "probabilities",
    logitStride: 32,
    inputMultiple: 32,
    stages: ["conv2_block3_out", depth === 152 ? "conv3_block8_out" : "conv3_block4_out"],
    write: (builder, architecture) => resnet(builder, { ...architecture, depth }),
  };
}
