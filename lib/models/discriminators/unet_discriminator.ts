/**
 * A U-Net as discriminator (after Schönfeld et al. 2020; method.md, "Discriminator"): a logit a
 * pixel, with the whole map in view.
 *
 * @module
 */
import type { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { scaledChannels } from "../builders/layer_builder.ts";
import { defineDiscriminator, type DiscriminatorEntry } from "./discriminator_entry.ts";
import { convNorm, firstConv, headOptions, normOption } from "./discriminator_layers.ts";

const options = optionsSchema({ ...headOptions, ...normOption });

const FILTERS = [64, 128, 256, 512] as const;

/**
 * Four 4×4 convolutions of stride 2 as in `dcgan`, then three enlargements ×2 with the encoder's
 * maps of that size behind and a 3×3 convolution, a last enlargement, and a 3×3 convolution to
 * logits.
 */
export const unetDiscriminator: DiscriminatorEntry = defineDiscriminator<z.output<typeof options>>({
  name: "unet-discriminator",
  summary: "U-Net of four 4×4 convolutions and four enlargements, a logit a pixel",
  options,
  inputMultiple: 16,
  strideOf: () => 1,
  mixesSamples: ({ norm }) => norm === "batch",
  build(builder, architecture) {
    const { norm, initStd, width } = architecture;
    const init = { kind: "normal", std: initStd } as const;
    const filters = FILTERS.map((channels) => scaledChannels(channels, width));
    const encoder = filters.map((count, i) => (
      { name: `d_conv${i + 1}`, filters: count, kernel: 4, stride: 2, init }
    ));
    const skips = [firstConv(builder, architecture, encoder[0]!)];
    for (const [i, conv] of encoder.slice(1).entries()) {
      skips.push(convNorm(builder, skips.at(-1)!, { ...conv, norm, normName: `d_bn${i + 2}` }));
    }
    let x = skips.at(-1) as typeof skips[number];
    for (const level of [2, 1, 0]) {
      const larger = builder.resizeNearest(x, { name: `d_up${level + 1}`, factor: 2 });
      const both = builder.concat([larger, skips[level]!], { name: `d_skip${level + 1}` });
      x = convNorm(builder, both, {
        ...{ name: `d_dec${level + 1}`, filters: filters[level]!, kernel: 3, init },
        ...{ norm, normName: `d_dec_bn${level + 1}` },
      });
    }
    const whole = builder.resizeNearest(x, { name: "d_up0", factor: 2 });
    return builder.conv(whole, { name: "d_out", filters: 1, kernel: 3, init });
  },
});
