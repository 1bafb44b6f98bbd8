/**
 * The layers of the discriminator (thesis §3.3; spec of DCGAN for the rest).
 *
 * @module
 */
import { type LayerBuilder, scaledChannels } from "../builders/layer_builder.ts";

/** What decides a discriminator's architecture. */
export interface DiscriminatorOptions {
  /** Channels of the input: class probabilities. */
  classes: number;
  width: number;
  lastStride: 1 | 2;
  initStd: number;
  bnMomentum: number;
}

const FILTERS = [64, 128, 256, 512] as const;
const KERNEL = 4;
const LEAK = 0.2;
const BATCH_NORM_EPSILON = 1.001e-5;

/**
 * Writes D in a builder: class maps `[b, h, w, classes]` to logits `[b, h/s, w/s, 1]` with s = 32, or
 * 16 where `lastStride` is 1. Five 4×4 convolutions, leaky ReLU, batch norm on the second to fourth.
 */
export function discriminatorNetwork<T>(
  builder: LayerBuilder<T>,
  options: DiscriminatorOptions,
): T {
  const init = { kind: "normal", std: options.initStd } as const;
  const leaky = { relu: true, leak: LEAK };
  const norm = { momentum: options.bnMomentum, eps: BATCH_NORM_EPSILON, ...leaky };
  let x = builder.input(options.classes);
  for (const [index, channels] of FILTERS.entries()) {
    const filters = scaledChannels(channels, options.width);
    const conv = { name: `d_conv${index + 1}`, filters, kernel: KERNEL, stride: 2, init };
    x = builder.conv(x, index === 0 ? { ...conv, ...leaky } : conv);
    if (index > 0) x = builder.batchNorm(x, { name: `d_bn${index + 1}`, ...norm });
  }
  const stride = options.lastStride;
  return builder.conv(x, { name: "d_conv5", filters: 1, kernel: KERNEL, stride, init });
}
