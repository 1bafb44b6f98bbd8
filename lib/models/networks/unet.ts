/**
 * U-Net (Ronneberger et al. 2015) as it is built today: `same` convolutions without biases, batch norm,
 * learned 2×2 up-convolutions, skips concatenated as (skip, up).
 *
 * @module
 */
import type { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, fraction } from "../../util/schema.ts";
import { torchUnet } from "../../weights/name_maps/unet.ts";
import { type LayerBuilder, scaledChannels } from "../builders/layer_builder.ts";
import type { NetworkEntry } from "./network_entry.ts";
import { pictureInput } from "./picture_input.ts";

/** Options of a U-Net. */
const unetOptions = optionsSchema({
  bnMomentum: field(fraction, {
    fallback: 0.9,
    about: "Batch norm: moving = momentum * moving + (1 - momentum) * batch.",
  }),
});

/** Channels of the five levels, before `width`. */
const CHANNELS = [64, 128, 256, 512, 1024] as const;
/** ε of every batch norm: PyTorch's. */
const BATCH_NORM_EPSILON = 1e-5;

interface UnetArchitecture extends z.output<typeof unetOptions> {
  classes: number;
  /** Multiplier of all channel counts; the base is 64·width. */
  width: number;
}

/** A value with its filters. */
interface Level<T> {
  x: T;
  filters: number;
}

/** U-Net; other sizes by `width`. */
export const unet: NetworkEntry = {
  name: "unet",
  summary: "U-Net (Ronneberger et al. 2015) with batch norm, logits at full size",
  options: unetOptions,
  upsampleOrder: "logits",
  logitStride: 1,
  inputMultiple: 16,
  backboneStages: [/^enc1_/, /^enc2_/, /^enc3_/, /^enc4_/, /^enc5_/],
  // The decoder reads every level, so no layer separates the network into two.
  stages: [],
  nameMaps: [torchUnet],
  inputOptions: [],
  bnEpsilon: BATCH_NORM_EPSILON,
  build: (builder, architecture) => build(builder, architecture as unknown as UnetArchitecture),
};

/** Images `[b, h, w, 3]` to logits `[b, h, w, classes]`, h and w multiples of 16. */
function build<T>(builder: LayerBuilder<T>, options: UnetArchitecture): T {
  const levels = CHANNELS.map((channels) => scaledChannels(channels, options.width));
  const skips: Level<T>[] = [];
  let x = pictureInput(builder, options);
  for (const [i, filters] of levels.entries()) {
    const name = `enc${i + 1}`;
    if (i > 0) {
      x = builder.maxPool(x, { name: `${name}_pool`, size: 2, stride: 2, padding: "same" });
    }
    x = doubleConv(builder, { x, filters }, { ...options, name });
    skips.push({ x, filters });
  }
  let level = skips.pop()!;
  for (const [i, skip] of skips.toReversed().entries()) {
    const name = `dec${i + 1}`;
    const up = builder.convTranspose(level.x, {
      name: `${name}_up`,
      filters: skip.filters,
      kernel: 2,
      stride: 2,
      bias: true,
      // Each pixel of the output reads one tap of each channel
      init: { kind: "normal", std: Math.sqrt(1 / level.filters) },
    });
    const both = builder.concat([skip.x, up], { name: `${name}_concat` });
    const { filters } = skip;
    level = { x: doubleConv(builder, { x: both, filters }, { ...options, name }), filters };
  }
  // PyTorch's spread: much smaller scores let the bias learn first, and some seeds never recover
  const init = { kind: "normal", std: Math.sqrt(1 / (3 * level.filters)) } as const;
  return builder.conv(level.x, { name: "score", filters: options.classes, kernel: 1, init });
}

/** Twice: 3×3 convolution, batch norm, ReLU. */
function doubleConv<T>(
  builder: LayerBuilder<T>,
  { x, filters }: Level<T>,
  options: UnetArchitecture & { name: string },
): T {
  for (const i of [1, 2]) {
    const conv = { name: `${options.name}_conv${i}`, filters, kernel: 3, bias: false };
    x = builder.batchNorm(builder.conv(x, conv), {
      name: `${options.name}_bn${i}`,
      momentum: options.bnMomentum,
      eps: BATCH_NORM_EPSILON,
      relu: true,
    });
  }
  return x;
}
