/**
 * The discriminator D: is this class map a label or a prediction? (Thesis §3.3.)
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { resizeBilinear } from "../engine/ops/resize_bilinear.ts";
import {
  type OptionsSchema,
  optionsSchema,
  parseOptions,
  Registry,
  type RegistryEntry,
} from "../util/registry.ts";
import { field, positive } from "../util/schema.ts";
import { assemble } from "./builders/tfjs_builder.ts";
import type { LayerBuilder } from "./builders/layer_builder.ts";
import { trainingBuilder } from "./builders/training_builder.ts";
import { seededWeights } from "./builders/weight_source.ts";
import { discriminatorNetwork } from "./networks/discriminator_network.ts";

/** What D says of a batch of maps, before and after its output non-linearity, `[b, h, w, 1]`. */
export interface DiscriminatorOutput {
  logits: tf.Tensor4D;
  output: tf.Tensor4D;
}

/** The discriminator. */
export interface Discriminator {
  /** Maps class maps `[b, h, w, classes]` to logits `[b, h/stride, w/stride, 1]`. */
  layers: tf.LayersModel;
  classes: number;
  /** Input pixels per logit: 32, or 16 where the last convolution has stride 1. */
  stride: number;
  /** Non-linearity after upsampling. */
  output: "sigmoid" | "linear";
  /** Size of its output: that of the maps, or its own. */
  lossResolution: "input" | "own";
}

/** What every discriminator is built from; its own options stand beside. */
export interface DiscriminatorArchitecture {
  classes: number;
  width: number;
}

/** A discriminator that `adversarial.discriminator.name` can name. */
export interface DiscriminatorEntry extends RegistryEntry {
  readonly options: OptionsSchema;
  /** Builds the layers from class maps to logits. */
  build<T>(
    builder: LayerBuilder<T>,
    architecture: DiscriminatorArchitecture,
    options: object,
  ): T;
  /** Stride, output and resolution with these options. */
  describe(options: object): Omit<Discriminator, "layers" | "classes">;
}

/** Momentum of D's moving statistics, as G's (§4). */
const BATCH_NORM_MOMENTUM = 0.9;

/** Keys of the section `adversarial.discriminator` that every discriminator shares. */
const SHARED = ["name", "width", "lr", "beta1", "beta2", "eps"];

const dcganOptions = optionsSchema({
  lastStride: field(z.literal([1, 2]), {
    fallback: 2,
    about: "Stride of the last convolution.",
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

const dcgan: DiscriminatorEntry = {
  name: "dcgan",
  summary: "five 4x4 convolutions of stride 2, as in DCGAN: the thesis' discriminator",
  options: dcganOptions,
  build(builder, architecture, options) {
    const { lastStride, initStd } = parseOptions(dcganOptions, options, {
      name: "dcgan",
      shared: SHARED,
    });
    const { classes, width } = architecture;
    const bnMomentum = BATCH_NORM_MOMENTUM;
    return discriminatorNetwork(builder, { classes, width, lastStride, initStd, bnMomentum });
  },
  describe(options) {
    const { lastStride, output, lossResolution } = parseOptions(dcganOptions, options, {
      name: "dcgan",
      shared: SHARED,
    });
    return { stride: 16 * lastStride, output, lossResolution };
  },
};

/** The discriminators that `adversarial.discriminator.name` can name. */
export const discriminators: Registry<DiscriminatorEntry> = new Registry("discriminator", [dcgan]);

/**
 * Builds D with weights drawn from `seed`. Needs a ready backend.
 *
 * @returns A model that owns its weights: dispose with `discriminator.layers.dispose()`.
 *
 * @example
 * ```ts
 * import { defaultConfig, useBackend } from "@segadv/segadv";
 * import { buildDiscriminator } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const config = { ...defaultConfig().adversarial.discriminator, width: 1 / 16 };
 * const { stride, layers } = buildDiscriminator(config, { classes: 21, seed: 1 });
 * assert.equal(stride, 32);
 * assert.deepEqual(layers.inputs[0]!.shape, [null, null, null, 21]);
 * ```
 */
export function buildDiscriminator(
  config: { name: string; width: number },
  options: { classes: number; seed: number },
): Discriminator {
  const { classes, seed } = options;
  const entry = discriminators.get(config.name);
  const builder = trainingBuilder(seededWeights(seed));
  const layers = assemble(
    { name: "discriminator", builder },
    (builder) => entry.build(builder, { classes, width: config.width }, config),
  );
  return { layers, classes, ...entry.describe(config) };
}

/** How batch norm runs inside D. */
export interface DiscriminateOptions {
  /** Normalise by the batch (true) or by the moving averages. @default true */
  batchStatistics?: boolean;
  /** Whether the moving averages move. @default false */
  updateStatistics?: boolean;
}

/**
 * D's verdict on class maps: logits and, after the non-linearity, values in (0, 1) that are near 1
 * where D takes the map for a label. Logits are upsampled bilinearly (half-pixel centres) to the
 * maps' size first, unless `lossResolution` is `own`. Differentiable in the maps and D's weights.
 *
 * @param maps `[b, h, w, classes]`, h and w multiples of the discriminator's stride.
 * @returns Two tensors `[b, h, w, 1]` (`[b, h/stride, w/stride, 1]` for `own`), owned by the caller;
 * with `output: linear` both hold the logits.
 *
 * @example
 * ```ts
 * import { defaultConfig, tf, useBackend } from "@segadv/segadv";
 * import { buildDiscriminator, discriminate } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const config = { ...defaultConfig().adversarial.discriminator, width: 1 / 16 };
 * const discriminator = buildDiscriminator(config, { classes: 3, seed: 1 });
 * const { output } = discriminate(discriminator, tf.randomUniform([1, 32, 64, 3]));
 * assert.deepEqual(output.shape, [1, 32, 64, 1]);
 * ```
 */
export function discriminate(
  discriminator: Discriminator,
  maps: tf.Tensor4D,
  options: DiscriminateOptions = {},
): DiscriminatorOutput {
  return tf.tidy(() => {
    const [, height, width] = maps.shape;
    const own = discriminatorLogits(discriminator, maps, options);
    const { logits, output } = discriminatorOutput(discriminator, { own, height, width });
    return { logits, output };
  });
}

/**
 * The first half of {@linkcode discriminate}: D's network.
 *
 * @param maps `[b, h, w, classes]`.
 * @returns Logits `[b, h/stride, w/stride, 1]`, owned by the caller.
 */
export function discriminatorLogits(
  discriminator: Discriminator,
  maps: tf.Tensor4D,
  options: DiscriminateOptions = {},
): tf.Tensor4D {
  const { batchStatistics = true, updateStatistics = false } = options;
  const kwargs = { training: batchStatistics, updateStatistics };
  return discriminator.layers.apply(maps, kwargs) as tf.Tensor4D;
}

/**
 * The second half of {@linkcode discriminate}: enlargement and non-linearity.
 *
 * @param verdict Logits `own` as of {@linkcode discriminatorLogits} and the maps' size.
 * @returns Two tensors, owned by the caller.
 */
export function discriminatorOutput(
  discriminator: Discriminator,
  verdict: { own: tf.Tensor4D; height: number; width: number },
): DiscriminatorOutput {
  const { own, height, width } = verdict;
  const logits = discriminator.lossResolution === "own"
    ? own.clone()
    : resizeBilinear(own, { height, width });
  const output = discriminator.output === "sigmoid" ? tf.sigmoid(logits) : logits.clone();
  return { logits, output };
}
