/**
 * What discriminators share: their first layer over maps and images, norms, and common options.
 *
 * @module
 */
import { z } from "zod";
import { field, positive } from "../../util/schema.ts";
import type { ConvOptions } from "../builders/convolutions.ts";
import type { LayerBuilder } from "../builders/layer_builder.ts";
import type { DiscriminatorArchitecture } from "./discriminator_entry.ts";

/** Slope of the leaky ReLU below zero. */
export const LEAK = 0.2;
const BATCH_NORM_EPSILON = 1.001e-5;
/** Momentum of D's moving statistics, as the segmentation network's. */
const BATCH_NORM_MOMENTUM = 0.9;

/** Whether batch norm stands behind the middle convolutions. */
export type Norm = "batch" | "none";

/** Options that every discriminator has, with the thesis' values. */
export const headOptions = {
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
};

/** Option of discriminators with batch norm. */
export const normOption = {
  norm: field(z.enum(["batch", "none"]), {
    fallback: "batch",
    about: "What normalises D's middle layers: nothing (none) where adversarial.penalties are " +
      "taken sample by sample.",
  }),
};

/**
 * D's first convolution with a leaky ReLU: over maps alone, over maps and image as one input
 * (`concat`), or by a convolution each whose channels are joined (`branches`, Luc et al. 2016).
 */
export function firstConv<T>(
  builder: LayerBuilder<T>,
  { classes, image, imageChannels }: DiscriminatorArchitecture,
  options: ConvOptions,
): T {
  const leaky = { ...options, relu: true, leak: LEAK };
  const maps = builder.input(classes);
  if (image === "none") return builder.conv(maps, leaky);
  const picture = builder.input(imageChannels, { name: "image" });
  if (image === "concat") {
    return builder.conv(builder.concat([maps, picture], { name: "d_input" }), leaky);
  }
  const branches = [
    builder.conv(maps, leaky),
    builder.conv(picture, { ...leaky, name: `${options.name}_image` }),
  ];
  return builder.concat(branches, { name: "d_branches" });
}

/**
 * A convolution, batch norm and leaky ReLU; without batch norm the convolution has a bias.
 *
 * @param options `name`: of the convolution; `normName`: of batch norm.
 */
export function convNorm<T>(
  builder: LayerBuilder<T>,
  x: T,
  options: ConvOptions & { norm: Norm; normName: string },
): T {
  const { norm, normName, ...conv } = options;
  const leaky = { relu: true, leak: LEAK };
  if (norm === "none") return builder.conv(x, { ...conv, bias: true, ...leaky });
  const y = builder.conv(x, conv);
  const statistics = { momentum: BATCH_NORM_MOMENTUM, eps: BATCH_NORM_EPSILON };
  return builder.batchNorm(y, { name: normName, ...statistics, ...leaky });
}
