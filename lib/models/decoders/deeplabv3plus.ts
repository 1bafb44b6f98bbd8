/**
 * DeepLabV3+'s decoder (Chen et al. 2018) as segmentation_models_pytorch (SMP) builds it: an atrous
 * spatial pyramid of separable convolutions, enlarged and joined with a fine feature.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, fraction } from "../../util/schema.ts";
import { TORCH_PARTS, type WeightPlace } from "../../weights/name_maps/name_map.ts";
import { featureAt } from "../backbones/backbone_entry.ts";
import { type LayerBuilder, scaledChannels } from "../builders/layer_builder.ts";
import type { DecoderEntry } from "./decoder_entry.ts";

/** Rates of the three dilated convolutions, at output stride 16. */
const RATES = [12, 24, 36] as const;

/** Options of the decoder. */
const deeplabv3plusOptions = optionsSchema({
  dropout: field(fraction, {
    fallback: 0.5,
    about: "Dropout rate after the spatial pyramid's parts are joined.",
  }),
  alignCorners: field(z.boolean(), {
    fallback: false,
    about:
      "DeepLabV3+: whether the centres of corner pixels coincide in enlargements, as in SMP's " +
      "weights; else the corners of the maps. The graph of a saved network then takes one input size.",
  }),
});

/** DeepLabV3+'s decoder: scores at full size. */
export const deeplabv3plusDecoder: DecoderEntry = {
  name: "deeplabv3plus",
  title: "DeepLabV3+",
  summary:
    "separable 3×3 at rates 12, 24, 36, 1×1 and the image's mean, joined with stride 4 (SMP)",
  options: deeplabv3plusOptions,
  inputOptions: ["alignCorners"],
  strides: [4, 32],
  outputStride: 16,
  dilateFirst: true,
  logitStride: 1,
  upsampleOrder: "logits",
  hasFixedGraph: ({ alignCorners }) => alignCorners === true,
  places,
  inputOf: (names) =>
    names.some((name) => name.startsWith("segmentation_head.")) ? { alignCorners: true } : {},
  build(builder, features, options) {
    const { classes, width, dropout, alignCorners } = options as
      & typeof options
      & z.output<typeof deeplabv3plusOptions>;
    const [low, high] = [featureAt(features, 4), featureAt(features, 32)];
    const filters = scaledChannels(256, width);
    const enlarge = (x: typeof low.x, name: string): typeof low.x =>
      alignCorners
        ? builder.upsampleAligned(x, { name, factor: 4 })
        : builder.upsample(x, { name, factor: 4 });
    let x = pyramid(builder, high.x, { filters, dropout });
    x = separableNorm(builder, x, { name: "decoder_aspp_out", filters });
    const fine = convNorm(builder, low.x, {
      name: "decoder_low",
      filters: scaledChannels(48, width),
    });
    x = builder.concat([enlarge(x, "decoder_up"), fine], { name: "decoder_concat" });
    x = separableNorm(builder, x, { name: "decoder_fuse", filters });
    const init = { kind: "normal", std: Math.sqrt(1 / (3 * filters)) } as const;
    x = builder.conv(x, { name: "score", filters: classes, kernel: 1, init });
    return enlarge(x, "up_score");
  },
};

/** Atrous spatial pyramid pooling: five filters over the feature, joined by a 1×1 convolution. */
function pyramid<T>(
  builder: LayerBuilder<T>,
  x: T,
  { filters, dropout }: { filters: number; dropout: number },
): T {
  const parts = [convNorm(builder, x, { name: "decoder_aspp0", filters })];
  for (const [i, dilation] of RATES.entries()) {
    parts.push(separableNorm(builder, x, { name: `decoder_aspp${i + 1}`, filters, dilation }));
  }
  const mean = builder.globalAveragePool(x, { name: "decoder_aspp4_mean" });
  const image = convNorm(builder, mean, { name: "decoder_aspp4", filters });
  parts.push(builder.broadcastTo(image, { name: "decoder_aspp4_broadcast", like: x }));
  const all = builder.concat(parts, { name: "decoder_aspp_concat" });
  const joined = convNorm(builder, all, { name: "decoder_aspp", filters });
  return builder.dropout(joined, { name: "decoder_dropout", rate: dropout });
}

const NORM = { momentum: 0.9, eps: 1e-5, relu: true } as const;

/** 1×1 convolution `NAME_conv`, batch norm `NAME_bn`, ReLU. */
function convNorm<T>(
  builder: LayerBuilder<T>,
  x: T,
  { name, filters }: { name: string; filters: number },
): T {
  const y = builder.conv(x, { name: `${name}_conv`, filters, kernel: 1, bias: false });
  return builder.batchNorm(y, { name: `${name}_bn`, ...NORM });
}

/** Separable 3×3 convolution `NAME_conv`, batch norm `NAME_bn`, ReLU. */
function separableNorm<T>(
  builder: LayerBuilder<T>,
  x: T,
  layer: { name: string; filters: number; dilation?: number },
): T {
  const conv = { ...layer, name: `${layer.name}_conv`, kernel: 3, bias: false };
  const y = builder.separableConv(x, conv);
  return builder.batchNorm(y, { name: `${layer.name}_bn`, ...NORM });
}

/** Where SMP's decoder has each part: the module before its convolution and batch norm. */
const MODULES: Readonly<Record<string, { at: string; first: number }>> = {
  aspp: { at: "aspp.0.project", first: 0 },
  aspp0: { at: "aspp.0.convs.0", first: 0 },
  aspp1: { at: "aspp.0.convs.1", first: 0 },
  aspp2: { at: "aspp.0.convs.2", first: 0 },
  aspp3: { at: "aspp.0.convs.3", first: 0 },
  aspp4: { at: "aspp.0.convs.4", first: 1 },
  aspp_out: { at: "aspp", first: 1 },
  low: { at: "block1", first: 0 },
  fuse: { at: "block2", first: 0 },
};

/** `decoder.aspp.0.convs.1.0.0.weight`, `decoder.block1.1.running_mean`, `segmentation_head.0.bias`. */
function places(weight: string): WeightPlace[] {
  const [layer, part] = weight.split("/") as [string, string];
  const end = TORCH_PARTS[part]!;
  const layout = part === "depthwise_kernel"
    ? "depthwise"
    : part === "kernel" || part === "pointwise_kernel"
    ? "oihw"
    : "same";
  if (layer === "score") return [{ name: `segmentation_head.0.${end}`, layout }];
  const found = /^decoder_(\w+)_(conv|bn)$/.exec(layer);
  const module = found === null ? undefined : MODULES[found[1]!];
  if (module === undefined) return [];
  const at = `decoder.${module.at}.${module.first + (found![2] === "bn" ? 1 : 0)}`;
  const separable = part === "depthwise_kernel" ? ".0" : part === "pointwise_kernel" ? ".1" : "";
  return [{ name: `${at}${separable}.${end}`, layout }];
}
