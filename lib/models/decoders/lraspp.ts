/**
 * Lite R-ASPP (Howard et al. 2019) as torchvision builds it.
 *
 * @module
 */
import { optionsSchema } from "../../util/registry.ts";
import { TORCH_PARTS, type WeightPlace } from "../../weights/name_maps/name_map.ts";
import { featureAt } from "../backbones/backbone_entry.ts";
import { scaledChannels } from "../builders/layer_builder.ts";
import type { WeightInit } from "../builders/layer_options.ts";
import type { DecoderEntry } from "./decoder_entry.ts";

/** Channels of the branch, before `width`. */
const CHANNELS = 128;

/** LR-ASPP: scores of the last feature, weighted by the image's mean, plus scores at stride 8. */
export const lrasppDecoder: DecoderEntry = {
  name: "lraspp",
  title: "LR-ASPP",
  summary: "128 channels of the last feature, weighted by the image's mean; scores at stride 8",
  options: optionsSchema({}),
  strides: [8, 32],
  outputStride: 16,
  dilateFirst: true,
  logitStride: 8,
  upsampleOrder: "logits",
  backbonePrefix: "backbone.",
  places,
  build(builder, features, { classes, width }) {
    const [low, high] = [featureAt(features, 8), featureAt(features, 32)];
    const filters = scaledChannels(CHANNELS, width);
    const conv = { filters, kernel: 1, bias: false };
    let x = builder.conv(high.x, { name: "decoder_branch_conv", ...conv });
    const norm = { momentum: 0.9, eps: 1e-5, relu: true };
    x = builder.batchNorm(x, { name: "decoder_branch_bn", ...norm });
    const mean = builder.globalAveragePool(high.x, { name: "decoder_scale_mean" });
    let scale = builder.conv(mean, { name: "decoder_scale_conv", ...conv });
    scale = builder.activation(scale, { name: "decoder_scale_gate", activation: "sigmoid" });
    x = builder.multiply([x, scale], { name: "decoder_scaled" });
    // PyTorch's spread: much smaller scores let the biases learn first
    const init = (channels: number): WeightInit => ({
      kind: "normal",
      std: Math.sqrt(1 / (3 * channels)),
    });
    const score = (from: typeof x, part: string, channels: number): typeof x =>
      builder.conv(from, {
        name: `score_${part}`,
        filters: classes,
        kernel: 1,
        init: init(channels),
      });
    // torchvision enlarges before it scores, which is the same: both are linear
    const coarse = score(x, "high", filters);
    const enlarged = builder.upsample(coarse, { name: "decoder_up", factor: 2 });
    const fine = score(low.x, "low", low.channels);
    return builder.add([fine, enlarged], { name: "decoder_scores" });
  },
};

/** `classifier.cbr.0.weight`, `classifier.scale.1.weight`, `classifier.low_classifier.bias`. */
function places(weight: string): WeightPlace[] {
  const [layer, part] = weight.split("/") as [string, string];
  const modules: Record<string, string> = {
    decoder_branch_conv: "cbr.0",
    decoder_branch_bn: "cbr.1",
    decoder_scale_conv: "scale.1",
    score_low: "low_classifier",
    score_high: "high_classifier",
  };
  const module = modules[layer];
  if (module === undefined) return [];
  const layout = part === "kernel" ? "oihw" : "same";
  return [{ name: `classifier.${module}.${TORCH_PARTS[part]}`, layout }];
}
