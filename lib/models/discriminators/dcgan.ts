/**
 * The discriminator of the thesis (method.md, "Discriminator"): five convolutions as in DCGAN
 * (Radford et al. 2016), applied to class maps of any size.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../../util/registry.ts";
import { field, positive } from "../../util/schema.ts";
import { type LayerBuilder, scaledChannels } from "../builders/layer_builder.ts";
import type { DiscriminatorEntry } from "./discriminator_entry.ts";

/** Options of the network. */
const dcganOptions = optionsSchema({
  lastStride: field(z.literal([1, 2]), {
    fallback: 2,
    about: "Stride of D's last convolution.",
    source: "§3.1.2",
  }),
  output: field(z.enum(["sigmoid", "linear"]), {
    fallback: "sigmoid",
    about: "Output of D.",
    source: "§3.1.2",
  }),
  lossResolution: field(z.enum(["input", "own"]), {
    fallback: "input",
    about: "Take D's loss upsampled to the input's size, or at D's own resolution.",
    source: "§3.1.2",
  }),
  initStd: field(positive, {
    fallback: 0.02,
    about: "Standard deviation of D's normal initialisation.",
  }),
});

/** What the network is built from. */
interface DcganArchitecture extends z.output<typeof dcganOptions> {
  /** Channels of the input: class probabilities. */
  classes: number;
  width: number;
}

const FILTERS = [64, 128, 256, 512] as const;
const KERNEL = 4;
const LEAK = 0.2;
const BATCH_NORM_EPSILON = 1.001e-5;
/** Momentum of D's moving statistics, as the segmentation network's. */
const BATCH_NORM_MOMENTUM = 0.9;

/** The discriminator `dcgan`. */
export const dcgan: DiscriminatorEntry = {
  name: "dcgan",
  summary: "five 4×4 convolutions with leaky ReLU and batch norm, logits at stride 32 or 16",
  options: dcganOptions,
  headOf(architecture) {
    const { lastStride, output, lossResolution } = architecture as unknown as DcganArchitecture;
    return { stride: 16 * lastStride, output, lossResolution };
  },
  build: (builder, architecture) =>
    network(builder, architecture as typeof architecture & DcganArchitecture),
};

/**
 * Builds D: class maps `[b, h, w, classes]` to logits `[b, h/s, w/s, 1]` with s = 32, or 16 where
 * `lastStride` is 1. Five 4×4 convolutions, leaky ReLU, batch norm on the second to fourth.
 */
function network<T>(builder: LayerBuilder<T>, options: DcganArchitecture): T {
  const init = { kind: "normal", std: options.initStd } as const;
  const leaky = { relu: true, leak: LEAK };
  const norm = { momentum: BATCH_NORM_MOMENTUM, eps: BATCH_NORM_EPSILON, ...leaky };
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
