/**
 * The discriminator of the thesis (method.md, "Discriminator"): five convolutions as in DCGAN
 * (Radford et al. 2016), applied to class maps of any size.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field } from "../../util/schema.ts";
import { scaledChannels } from "../builders/layer_builder.ts";
import { defineDiscriminator, type DiscriminatorEntry } from "./discriminator_entry.ts";
import { convNorm, firstConv, headOptions, normOption } from "./discriminator_layers.ts";

/** Options of the network. */
const dcganOptions = optionsSchema({
  lastStride: field(z.literal([1, 2]), {
    fallback: 2,
    about: "Stride of D's last convolution.",
    source: "§3.1.2",
  }),
  ...headOptions,
  ...normOption,
});

const FILTERS = [64, 128, 256, 512] as const;
const KERNEL = 4;

/**
 * The discriminator `dcgan`: class maps to logits at stride 32, or 16 where `lastStride` is 1. Five
 * 4×4 convolutions, leaky ReLU, batch norm on the second to fourth.
 */
export const dcgan: DiscriminatorEntry = defineDiscriminator<z.output<typeof dcganOptions>>({
  name: "dcgan",
  summary: "five 4×4 convolutions with leaky ReLU and batch norm, logits at stride 32 or 16",
  options: dcganOptions,
  strideOf: ({ lastStride }) => 16 * lastStride,
  mixesSamples: ({ norm }) => norm === "batch",
  build(builder, architecture) {
    const { lastStride, norm, initStd, width } = architecture;
    const init = { kind: "normal", std: initStd } as const;
    const [first, ...others] = FILTERS.map((channels, index) => (
      {
        name: `d_conv${index + 1}`,
        filters: scaledChannels(channels, width),
        kernel: KERNEL,
        stride: 2,
        init,
      }
    ));
    let x = firstConv(builder, architecture, first!);
    for (const [index, conv] of others.entries()) {
      x = convNorm(builder, x, { ...conv, norm, normName: `d_bn${index + 2}` });
    }
    return builder.conv(x, {
      name: "d_conv5",
      filters: 1,
      kernel: KERNEL,
      stride: lastStride,
      init,
    });
  },
});
