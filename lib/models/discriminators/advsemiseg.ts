/**
 * The discriminator of AdvSemiSeg's code (Hung et al. 2018; method.md, "Discriminator").
 *
 * @module
 */
import type { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { scaledChannels } from "../builders/layer_builder.ts";
import { defineDiscriminator, type DiscriminatorEntry } from "./discriminator_entry.ts";
import { convNorm, firstConv, headOptions } from "./discriminator_layers.ts";

const options = optionsSchema(headOptions);

/** Five 4×4 convolutions of stride 2 without any norm: the thesis' discriminator without batch norm. */
export const advsemiseg: DiscriminatorEntry = defineDiscriminator<z.output<typeof options>>({
  name: "advsemiseg",
  summary: "AdvSemiSeg's five 4×4 convolutions with leaky ReLU and no norm, logits at stride 32",
  options,
  strideOf: () => 32,
  mixesSamples: () => false,
  build(builder, architecture) {
    const init = { kind: "normal", std: architecture.initStd } as const;
    const conv = (index: number, channels: number) => (
      {
        name: index === 5 ? "classifier" : `conv${index}`,
        filters: channels === 1 ? 1 : scaledChannels(channels, architecture.width),
        kernel: 4,
        stride: 2,
        init,
      }
    );
    let x = firstConv(builder, architecture, conv(1, 64));
    for (const [i, channels] of [128, 256, 512].entries()) {
      x = convNorm(builder, x, { ...conv(i + 2, channels), norm: "none", normName: "" });
    }
    return builder.conv(x, conv(5, 1));
  },
});
