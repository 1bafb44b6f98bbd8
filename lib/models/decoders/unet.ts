/**
 * The decoder of a U-Net on a backbone, as segmentation_models_pytorch (SMP) builds it: five times
 * nearest ×2, the skip's channels behind, two 3×3 convolutions.
 *
 * @module
 */
import { optionsSchema } from "../../util/registry.ts";
import { TORCH_PARTS, type WeightPlace } from "../../weights/name_maps/name_map.ts";
import { type Feature, featureAt, type Features } from "../backbones/backbone_entry.ts";
import { type LayerBuilder, scaledChannels } from "../builders/layer_builder.ts";
import type { DecoderEntry, DecoderOptions } from "./decoder_entry.ts";

/** Channels of the five blocks, before `width`, and the strides of their skips. */
const BLOCKS = [[256, 16], [128, 8], [64, 4], [32, 2], [16, null]] as const;
const BATCH_NORM = { momentum: 0.9, eps: 1e-5 } as const;

/** U-Net's decoder: logits at full size. */
export const unetDecoder: DecoderEntry = {
  name: "unet",
  title: "U-Net",
  summary: "five blocks of nearest ×2, skip and two 3×3 convolutions (SMP)",
  options: optionsSchema({}),
  strides: [2, 4, 8, 16, 32],
  outputStride: 32,
  dilateFirst: false,
  logitStride: 1,
  upsampleOrder: "logits",
  backbonePrefix: "encoder.",
  places,
  build,
};

function build<T>(builder: LayerBuilder<T>, features: Features<T>, options: DecoderOptions): T {
  let level: Feature<T> = featureAt(features, 32);
  for (const [i, [channels, stride]] of BLOCKS.entries()) {
    const name = `decoder_block${i + 1}`;
    const up = builder.resizeNearest(level.x, { name: `${name}_up`, factor: 2 });
    const parts = stride === null ? [up] : [up, featureAt(features, stride).x];
    let x = parts.length === 1 ? up : builder.concat(parts, { name: `${name}_concat` });
    const filters = scaledChannels(channels, options.width);
    for (const index of [1, 2]) {
      const conv = { name: `${name}_conv${index}`, filters, kernel: 3, bias: false };
      const norm = { name: `${name}_bn${index}`, relu: true, ...BATCH_NORM };
      x = builder.batchNorm(builder.conv(x, conv), norm);
    }
    level = { x, channels: filters };
  }
  // PyTorch's spread: much smaller scores let the bias learn first
  const init = { kind: "normal", std: Math.sqrt(1 / (27 * level.channels)) } as const;
  return builder.conv(level.x, { name: "score", filters: options.classes, kernel: 3, init });
}

/** `decoder.blocks.0.conv1.0.weight`, `decoder.blocks.0.conv1.1.running_mean`, `segmentation_head.0.bias`. */
function places(weight: string): WeightPlace[] {
  const [layer, part] = weight.split("/") as [string, string];
  const end = TORCH_PARTS[part]!;
  const layout = part === "kernel" ? "oihw" : "same";
  if (layer === "score") return [{ name: `segmentation_head.0.${end}`, layout }];
  const found = /^decoder_block(\d)_(conv|bn)(\d)$/.exec(layer);
  if (found === null) return [];
  const [, block, kind, index] = found;
  const name = `decoder.blocks.${Number(block) - 1}.conv${index}.${kind === "conv" ? 0 : 1}.${end}`;
  return [{ name, layout }];
}
