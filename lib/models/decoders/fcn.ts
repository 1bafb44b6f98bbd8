/**
 * The head of torchvision's FCN: a 3×3 convolution to a quarter of the channels, dropout, scores.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, fraction } from "../../util/schema.ts";
import { TORCH_PARTS, type WeightPlace } from "../../weights/name_maps/name_map.ts";
import { type Feature, featureAt, type Features } from "../backbones/backbone_entry.ts";
import type { LayerBuilder } from "../builders/layer_builder.ts";
import type { DecoderEntry, DecoderOptions } from "./decoder_entry.ts";

/** The option of decoders that can have an auxiliary head. */
export const auxHead: z.ZodType<boolean> = field(z.boolean(), {
  fallback: false,
  about:
    "Whether a second head scores a feature half-way in training (loss.auxWeight); its logits " +
    "are dropped at inference.",
});

/** Options of the head. */
const fcnOptions = optionsSchema({
  dropout: field(fraction, { fallback: 0.1, about: "Dropout rate before the scores." }),
  auxHead,
});

/** FCN's head at output stride 8: torchvision upsamples its scores bilinearly ×8. */
export const fcnDecoder: DecoderEntry = {
  name: "fcn",
  title: "FCN",
  summary: "3×3 convolution, batch norm, dropout 0.1, scores at stride 8 (torchvision)",
  options: fcnOptions,
  strides: [32],
  outputStride: 8,
  dilateFirst: false,
  logitStride: 8,
  upsampleOrder: "logits",
  backbonePrefix: "backbone.",
  places,
  build(builder, features, options) {
    const { classes, dropout } = options as typeof options & z.output<typeof fcnOptions>;
    const layers = { prefix: "decoder", score: "score", classes, dropout };
    const logits = fcnHead(builder, featureAt(features, 32), layers);
    return withAuxiliary(builder, logits, { ...options, features });
  },
};

/** 3×3 convolution to a quarter of the channels, batch norm, ReLU, dropout, scores. */
function fcnHead<T>(
  builder: LayerBuilder<T>,
  { x, channels }: Feature<T>,
  options: { prefix: string; score: string; classes: number; dropout: number },
): T {
  const { prefix, score, classes, dropout } = options;
  const filters = Math.max(1, Math.floor(channels / 4));
  let y = builder.conv(x, { name: `${prefix}_conv`, filters, kernel: 3, bias: false });
  y = builder.batchNorm(y, { name: `${prefix}_bn`, momentum: 0.9, eps: 1e-5, relu: true });
  y = builder.dropout(y, { name: `${prefix}_dropout`, rate: dropout });
  const init = { kind: "normal", std: Math.sqrt(1 / (3 * filters)) } as const;
  return builder.conv(y, { name: score, filters: classes, kernel: 1, init });
}

/** The network's logits, with an FCN's head on the backbone's auxiliary feature where one is wanted. */
export function withAuxiliary<T>(
  builder: LayerBuilder<T>,
  logits: T,
  options: DecoderOptions & { auxHead?: boolean; features: Features<T> },
): T {
  const { features, auxiliaryStride, classes } = options;
  if (options.auxHead !== true) return logits;
  const auxiliary = fcnHead(builder, featureAt(features, auxiliaryStride), {
    ...{ prefix: "decoder_aux", score: "decoder_aux_score", classes },
    dropout: options.dropout === 0 ? 0 : 0.1,
  });
  return builder.auxiliaryOutput(logits, { name: "decoder_aux_output", auxiliary });
}

/** `classifier.0.weight`, `classifier.1.running_mean`, `classifier.4.bias`. */
function places(weight: string): WeightPlace[] {
  const [layer, part] = weight.split("/") as [string, string];
  const index = { decoder_conv: 0, decoder_bn: 1, score: 4 }[layer];
  if (index === undefined) return auxiliaryPlaces(weight);
  const layout = part === "kernel" ? "oihw" : "same";
  return [{ name: `classifier.${index}.${TORCH_PARTS[part]!}`, layout }];
}

/** `aux_classifier.0.weight`, `aux_classifier.1.running_mean`, `aux_classifier.4.bias`. */
export function auxiliaryPlaces(weight: string): WeightPlace[] {
  const [layer, part] = weight.split("/") as [string, string];
  const index = { decoder_aux_conv: 0, decoder_aux_bn: 1, decoder_aux_score: 4 }[layer];
  if (index === undefined) return [];
  const layout = part === "kernel" ? "oihw" : "same";
  return [{ name: `aux_classifier.${index}.${TORCH_PARTS[part]!}`, layout }];
}
