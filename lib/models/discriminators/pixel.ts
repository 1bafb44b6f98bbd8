/**
 * PixelGAN (Isola et al. 2017; method.md, "Discriminator"): each logit depends on one pixel.
 *
 * @module
 */
import type { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { scaledChannels } from "../builders/layer_builder.ts";
import { defineDiscriminator, type DiscriminatorEntry } from "./discriminator_entry.ts";
import { convNorm, firstConv, headOptions, normOption } from "./discriminator_layers.ts";

const options = optionsSchema({ ...headOptions, ...normOption });

/** Three 1×1 convolutions: D can use the values of a pixel, never the structure of a map. */
export const pixel: DiscriminatorEntry = defineDiscriminator<z.output<typeof options>>({
  name: "pixel",
  summary: "pix2pix's PixelGAN: three 1×1 convolutions, a logit a pixel",
  options,
  strideOf: () => 1,
  mixesSamples: ({ norm }) => norm === "batch",
  build(builder, architecture) {
    const { norm, initStd, width } = architecture;
    const shared = { kernel: 1, init: { kind: "normal", std: initStd } } as const;
    const [near, far] = [64, 128].map((channels) => scaledChannels(channels, width)) as [
      number,
      number,
    ];
    const x = firstConv(builder, architecture, { ...shared, name: "d_conv1", filters: near });
    const y = convNorm(builder, x, {
      ...{ ...shared, name: "d_conv2", filters: far },
      ...{ bias: false, norm, normName: "d_bn2" },
    });
    return builder.conv(y, { ...shared, name: "d_conv3", filters: 1, bias: norm === "none" });
  },
});
