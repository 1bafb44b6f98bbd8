/**
 * The head of torchvision's FCN: a 3×3 convolution to a quarter of the channels, dropout, scores.
 *
 * @module
 */
import type { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, fraction } from "../../util/schema.ts";
import { TORCH_PARTS, type WeightPlace } from "../../weights/name_maps/name_map.ts";
import { featureAt } from "../backbones/backbone_entry.ts";
import type { DecoderEntry } from "./decoder_entry.ts";

/** Options of the head. */
const fcnOptions = optionsSchema({
  dropout: field(fraction, { fallback: 0.1, about: "Dropout rate before the scores." }),
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
  places,
  build(builder, features, options) {
    const { classes, dropout } = options as typeof options & z.output<typeof fcnOptions>;
    const { x, channels } = featureAt(features, 32);
    const filters = Math.max(1, Math.floor(channels / 4));
    let y = builder.conv(x, { name: "decoder_conv", filters, kernel: 3, bias: false });
    y = builder.batchNorm(y, { name: "decoder_bn", momentum: 0.9, eps: 1e-5, relu: true });
    y = builder.dropout(y, { name: "decoder_dropout", rate: dropout });
    const init = { kind: "normal", std: Math.sqrt(1 / (3 * filters)) } as const;
    return builder.conv(y, { name: "score", filters: classes, kernel: 1, init });
  },
};

/** `classifier.0.weight`, `classifier.1.running_mean`, `classifier.4.bias`. */
function places(weight: string): WeightPlace[] {
  const [layer, part] = weight.split("/") as [string, string];
  const index = { decoder_conv: 0, decoder_bn: 1, score: 4 }[layer];
  if (index === undefined) return [];
  const layout = part === "kernel" ? "oihw" : "same";
  return [{ name: `classifier.${index}.${TORCH_PARTS[part]!}`, layout }];
}
