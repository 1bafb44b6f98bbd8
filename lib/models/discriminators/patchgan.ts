/**
 * PatchGAN (Isola et al. 2017; method.md, "Discriminator"): each logit depends on 70×70 pixels.
 *
 * @module
 */
import type { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { scaledChannels } from "../builders/layer_builder.ts";
import { defineDiscriminator, type DiscriminatorEntry } from "./discriminator_entry.ts";
import { convNorm, firstConv, headOptions, normOption } from "./discriminator_layers.ts";

const options = optionsSchema({ ...headOptions, ...normOption });

/** Filters and strides of the convolutions with a norm. */
const MIDDLE = [[128, 2], [256, 2], [512, 1]] as const;

/**
 * Five 4×4 convolutions of strides 2, 2, 2, 1, 1. Pads `same`, so that there is a logit for each 8×8
 * pixels; pix2pix pads 1 on all sides and has two rows and columns less.
 */
export const patchgan: DiscriminatorEntry = defineDiscriminator<z.output<typeof options>>({
  name: "patchgan",
  summary: "pix2pix's PatchGAN of 70×70 pixels, logits at stride 8",
  options,
  strideOf: () => 8,
  mixesSamples: ({ norm }) => norm === "batch",
  build(builder, architecture) {
    const { norm, initStd, width } = architecture;
    const shared = { kernel: 4, init: { kind: "normal", std: initStd } } as const;
    const first = { ...shared, name: "d_conv1", filters: scaledChannels(64, width), stride: 2 };
    let x = firstConv(builder, architecture, first);
    for (const [i, [channels, stride]] of MIDDLE.entries()) {
      const [name, normName] = [`d_conv${i + 2}`, `d_bn${i + 2}`];
      const filters = scaledChannels(channels, width);
      x = convNorm(builder, x, { ...shared, name, filters, stride, bias: false, norm, normName });
    }
    return builder.conv(x, { ...shared, name: "d_conv5", filters: 1, stride: 1 });
  },
});
