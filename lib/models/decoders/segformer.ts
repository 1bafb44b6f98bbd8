/**
 * SegFormer's decoder (Xie et al. 2021), as transformers builds it: each feature to 256 channels by a
 * linear layer, enlarged to stride 4 and concatenated, the coarsest first; a 1×1 convolution, batch
 * norm, ReLU, dropout and the scores.
 *
 * @module
 */
import type { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, fraction } from "../../util/schema.ts";
import { segformerDecoderPlaces } from "../../weights/name_maps/segformer.ts";
import { featureAt, type Features } from "../backbones/backbone_entry.ts";
import { type LayerBuilder, scaledChannels } from "../builders/layer_builder.ts";
import { projectConcat } from "../builders/projection.ts";
import type { DecoderEntry, DecoderOptions } from "./decoder_entry.ts";

const segformerOptions = optionsSchema({
  dropout: field(fraction, {
    fallback: 0.1,
    about: "SegFormer: dropout rate before the score layer.",
    source: "SegFormer",
  }),
});

/** Channels of every linear layer, before `width`. */
const CHANNELS = 256;
const STRIDES = [4, 8, 16, 32] as const;
const INIT = { kind: "normal", std: 0.02 } as const;

/** SegFormer's decoder: logits at stride 4. */
export const segformerDecoder: DecoderEntry = {
  name: "segformer",
  title: "SegFormer",
  summary: "linear layers on all features, fused at stride 4",
  options: segformerOptions,
  strides: STRIDES,
  outputStride: 32,
  dilateFirst: false,
  logitStride: 4,
  upsampleOrder: "logits",
  places: segformerDecoderPlaces,
  build: (builder, features, options) =>
    build(builder, features, options as DecoderOptions & z.output<typeof segformerOptions>),
};

function build<T>(
  builder: LayerBuilder<T>,
  features: Features<T>,
  options: DecoderOptions & z.output<typeof segformerOptions>,
): T {
  const filters = scaledChannels(CHANNELS, options.width);
  const parts = STRIDES.map((stride, i) => {
    const name = `decoder_linear${i + 1}`;
    const x = builder.conv(featureAt(features, stride).x, { name, filters, kernel: 1, init: INIT });
    return { x, factor: stride / STRIDES[0] };
  });
  let x = projectConcat(builder, parts.toReversed(), { name: "decoder_fuse", filters, init: INIT });
  const norm = { momentum: 0.9, eps: 1e-5, relu: true };
  x = builder.batchNorm(x, { name: "decoder_fuse_bn", ...norm });
  x = builder.dropout(x, { name: "decoder_dropout", rate: options.dropout });
  return builder.conv(x, { name: "score", filters: options.classes, kernel: 1, init: INIT });
}
