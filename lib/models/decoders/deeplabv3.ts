/**
 * DeepLabV3's head (Chen et al. 2017) as torchvision builds it: atrous spatial pyramid pooling and a
 * 3×3 convolution.
 *
 * @module
 */
import type { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, fraction } from "../../util/schema.ts";
import { TORCH_PARTS, type WeightPlace } from "../../weights/name_maps/name_map.ts";
import { featureAt } from "../backbones/backbone_entry.ts";
import { type LayerBuilder, scaledChannels } from "../builders/layer_builder.ts";
import type { DecoderEntry } from "./decoder_entry.ts";
import { auxHead, auxiliaryPlaces, withAuxiliary } from "./fcn.ts";

/** Rates of the three dilated 3×3 convolutions, at output stride 8. */
const RATES = [12, 24, 36] as const;

/** Options of the head. */
const deeplabv3Options = optionsSchema({
  dropout: field(fraction, {
    fallback: 0.5,
    about: "Dropout rate after the spatial pyramid's parts are joined.",
  }),
  auxHead,
});

/** DeepLabV3's head: scores at the output stride of the backbone, which torchvision upsamples bilinearly. */
export const deeplabv3Decoder: DecoderEntry = {
  name: "deeplabv3",
  title: "DeepLabV3",
  summary: "1×1, 3×3 at rates 12, 24, 36 and the image's mean, then 3×3, scores (torchvision)",
  options: deeplabv3Options,
  strides: [32],
  outputStride: 8,
  otherOutputStrides: [16],
  dilateFirst: false,
  logitStride: 8,
  upsampleOrder: "logits",
  backbonePrefix: "backbone.",
  places,
  build(builder, features, options) {
    const { classes, width, dropout } = options as
      & typeof options
      & z.output<typeof deeplabv3Options>;
    const { x } = featureAt(features, 32);
    const filters = scaledChannels(256, width);
    let y = pyramid(builder, x, { filters, dropout });
    y = convNorm(builder, y, { name: "decoder", filters, kernel: 3 });
    const init = { kind: "normal", std: Math.sqrt(1 / (3 * filters)) } as const;
    const logits = builder.conv(y, { name: "score", filters: classes, kernel: 1, init });
    return withAuxiliary(builder, logits, { ...options, features });
  },
};

/** Atrous spatial pyramid pooling: five filters over the feature, joined by a 1×1 convolution. */
function pyramid<T>(
  builder: LayerBuilder<T>,
  x: T,
  { filters, dropout }: { filters: number; dropout: number },
): T {
  const parts = [convNorm(builder, x, { name: "decoder_aspp0", filters, kernel: 1 })];
  for (const [i, dilation] of RATES.entries()) {
    const name = `decoder_aspp${i + 1}`;
    parts.push(convNorm(builder, x, { name, filters, kernel: 3, dilation }));
  }
  const mean = builder.globalAveragePool(x, { name: "decoder_aspp4_mean" });
  const image = convNorm(builder, mean, { name: "decoder_aspp4", filters, kernel: 1 });
  parts.push(builder.broadcastTo(image, { name: "decoder_aspp4_broadcast", like: x }));
  const all = builder.concat(parts, { name: "decoder_aspp_concat" });
  const joined = convNorm(builder, all, { name: "decoder_aspp", filters, kernel: 1 });
  return builder.dropout(joined, { name: "decoder_dropout", rate: dropout });
}

function convNorm<T>(
  builder: LayerBuilder<T>,
  x: T,
  conv: { name: string; filters: number; kernel: number; dilation?: number },
): T {
  const y = builder.conv(x, { ...conv, name: `${conv.name}_conv`, bias: false });
  const norm = { momentum: 0.9, eps: 1e-5, relu: true };
  return builder.batchNorm(y, { name: `${conv.name}_bn`, ...norm });
}

/** `classifier.0.convs.1.0.weight`, `classifier.0.project.1.bias`, `classifier.4.bias`. */
function places(weight: string): WeightPlace[] {
  const [layer, part] = weight.split("/") as [string, string];
  const end = TORCH_PARTS[part]!;
  const layout = part === "kernel" ? "oihw" : "same";
  if (layer === "score") return [{ name: `classifier.4.${end}`, layout }];
  const found = /^decoder(_aspp(\d?))?_(conv|bn)$/.exec(layer);
  if (found === null) return auxiliaryPlaces(weight);
  const [, aspp, branch, kind] = found;
  const isNorm = kind === "bn" ? 1 : 0;
  if (aspp === undefined) return [{ name: `classifier.${1 + isNorm}.${end}`, layout }];
  if (branch === "") return [{ name: `classifier.0.project.${isNorm}.${end}`, layout }];
  // The image's mean stands before its convolution
  const index = branch === "4" ? 1 + isNorm : isNorm;
  return [{ name: `classifier.0.convs.${branch}.${index}.${end}`, layout }];
}
