/**
 * Mix transformers b0 and b1 (Xie et al. 2021), the backbones of SegFormer, as transformers builds them:
 * four stages of an overlapping patch embedding and blocks of attention whose keys and values are
 * reduced by a convolution, and feed-forward layers with a 3×3 depthwise convolution inside.
 *
 * Linear layers are 1×1 convolutions. ε of every layer norm is PyTorch's 1e-5, as in transformers'
 * modules, whose configuration says 1e-6.
 *
 * @module
 */
import type { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, fraction } from "../../util/schema.ts";
import { authorsSegformer, transformersSegformer } from "../../weights/name_maps/segformer.ts";
import { type LayerBuilder, scaledChannels } from "../builders/layer_builder.ts";
import type { BackboneEntry, BackboneOptions, Feature, Features } from "./backbone_entry.ts";

/** Options of a mix transformer. */
const transformerOptions = optionsSchema({
  dropPath: field(fraction, {
    fallback: 0,
    about:
      "SegFormer: rate at which the last residual branch is left out for a sample (stochastic " +
      "depth); earlier ones in proportion. The authors train with 0.1.",
    source: "SegFormer",
  }),
});

type TransformerOptions = BackboneOptions & z.output<typeof transformerOptions>;

/** Channels of the stages, before `width`. */
const CHANNELS = { b0: [32, 64, 160, 256], b1: [64, 128, 320, 512] } as const;
/** What the stages of both have: heads, side of the patches, stride, reduction of keys and values. */
const STAGES = [
  { heads: 1, kernel: 7, stride: 4, reduction: 8 },
  { heads: 2, kernel: 3, stride: 2, reduction: 4 },
  { heads: 5, kernel: 3, stride: 2, reduction: 2 },
  { heads: 8, kernel: 3, stride: 2, reduction: 1 },
] as const;
const BLOCKS = 2;
/** Channels inside a feed-forward layer per channel outside. */
const EXPANSION = 4;
const EPSILON = 1e-5;
const INIT = { kind: "normal", std: 0.02 } as const;

/** Mix transformers b0 and b1. */
export const mixTransformerBackbones: readonly BackboneEntry[] = (["b0", "b1"] as const).map(
  (size) => ({
    name: `mit-${size}`,
    summary: `mix transformer ${size} (Xie et al. 2021)`,
    networkNames: { segformer: `segformer-${size}` },
    options: transformerOptions,
    strides: [4, 8, 16, 32],
    outputStrides: [32],
    stages: [/^stage1_/, /^stage2_/, /^stage3_/, /^stage4_/],
    nameMaps: [transformersSegformer, authorsSegformer],
    inputOptions: [],
    bnEpsilon: null,
    hasFixedGraph: true,
    build: (builder, x, options) =>
      mixTransformer(builder, x, { ...options as TransformerOptions, channels: CHANNELS[size] }),
  }),
);

function mixTransformer<T>(
  builder: LayerBuilder<T>,
  images: T,
  options: TransformerOptions & { channels: readonly number[] },
): Features<T> {
  const features = new Map<number, Feature<T>>();
  let x = images;
  for (const [i, { heads, kernel, stride, reduction }] of STAGES.entries()) {
    const name = `stage${i + 1}`;
    // Every head has the same number of channels
    const channels = heads * scaledChannels(options.channels[i]! / heads, options.width);
    const patches = builder.conv(x, {
      name: `${name}_patch`,
      filters: channels,
      kernel,
      stride,
      padding: (kernel - 1) / 2,
      init: INIT,
    });
    x = builder.layerNorm(patches, { name: `${name}_patch_norm`, eps: EPSILON });
    for (let block = 0; block < BLOCKS; block++) {
      const depth = (BLOCKS * i + block) / (BLOCKS * STAGES.length - 1);
      const rate = options.dropPath * depth;
      const part = { name: `${name}_block${block + 1}`, channels, heads, reduction, rate };
      x = transformerBlock(builder, x, part);
    }
    x = builder.layerNorm(x, { name: `${name}_norm`, eps: EPSILON });
    features.set(4 * 2 ** i, { x, channels });
  }
  return features;
}

interface Block {
  name: string;
  channels: number;
  heads: number;
  /** Side of the squares of pixels that keys and values are reduced by. */
  reduction: number;
  /** Rate at which a branch is left out. */
  rate: number;
}

/** x + attention(norm(x)), then x + feedForward(norm(x)). */
function transformerBlock<T>(builder: LayerBuilder<T>, x: T, block: Block): T {
  const { name, rate } = block;
  const add = (to: T, branch: T, part: string): T => {
    const kept = builder.dropPath(branch, { name: `${name}_${part}_path`, rate });
    return builder.add([to, kept], { name: `${name}_${part}_add` });
  };
  const first = builder.layerNorm(x, { name: `${name}_norm1`, eps: EPSILON });
  const y = add(x, selfAttention(builder, first, block), "attention");
  const second = builder.layerNorm(y, { name: `${name}_norm2`, eps: EPSILON });
  return add(y, feedForward(builder, second, block), "mlp");
}

/** Every pixel attends to the reduced map. */
function selfAttention<T>(builder: LayerBuilder<T>, x: T, block: Block): T {
  const { name, channels, heads, reduction } = block;
  const linear = (from: T, part: string): T =>
    builder.conv(from, { name: `${name}_${part}`, filters: channels, kernel: 1, init: INIT });
  let reduced = x;
  if (reduction > 1) {
    reduced = builder.conv(x, {
      name: `${name}_reduce`,
      filters: channels,
      kernel: reduction,
      stride: reduction,
      padding: "valid",
      init: INIT,
    });
    reduced = builder.layerNorm(reduced, { name: `${name}_reduce_norm`, eps: EPSILON });
  }
  const inputs = {
    q: linear(x, "query"),
    k: linear(reduced, "key"),
    v: linear(reduced, "value"),
  };
  return linear(builder.attention(inputs, { name: `${name}_attention`, heads }), "project");
}

/** Linear ×4, 3×3 depthwise convolution, GELU, linear. */
function feedForward<T>(builder: LayerBuilder<T>, x: T, { name, channels }: Block): T {
  const filters = EXPANSION * channels;
  let y = builder.conv(x, { name: `${name}_expand`, filters, kernel: 1, init: INIT });
  y = builder.depthwiseConv(y, { name: `${name}_depthwise`, kernel: 3, init: INIT });
  y = builder.activation(y, { name: `${name}_gelu`, activation: "gelu" });
  return builder.conv(y, { name: `${name}_contract`, filters: channels, kernel: 1, init: INIT });
}
