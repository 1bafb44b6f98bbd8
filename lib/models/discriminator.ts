/**
 * The discriminator D: is this class map a label or a prediction? (Thesis §3.3.)
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { DiscriminatorConfig } from "../config/config.ts";
import { resizeBilinear } from "../engine/ops/resize_bilinear.ts";
import type { DiscriminatorOutput } from "../losses/adversarial/adversarial_loss.ts";
import { assemble } from "./builders/tfjs_builder.ts";
import { discriminatorNetwork } from "./networks/discriminator_network.ts";
import { trainingBuilder } from "./builders/training_builder.ts";
import { seededWeights } from "./builders/weight_source.ts";

/** The discriminator. */
export interface Discriminator {
  /** Maps class maps `[b, h, w, classes]` to logits `[b, h/stride, w/stride, 1]`. */
  layers: tf.LayersModel;
  classes: number;
  /** Input pixels per logit: 32, or 16 where the last convolution has stride 1. */
  stride: number;
  /** Non-linearity after upsampling. */
  output: "sigmoid" | "linear";
  /** Size of its verdict: that of the maps, or its own. */
  lossResolution: "input" | "own";
}

/** Momentum of D's moving statistics, as G's (§4). */
const BATCH_NORM_MOMENTUM = 0.9;

/**
 * Builds D with weights drawn from `seed`. Needs a ready backend.
 *
 * @returns A model that owns its weights: dispose with `discriminator.layers.dispose()`.
 *
 * @example
 * ```ts
 * import { buildDiscriminator, defaultConfig, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const config = { ...defaultConfig().discriminator, width: 1 / 16 };
 * const { stride, layers } = buildDiscriminator(config, { classes: 21, seed: 1 });
 * assert.equal(stride, 32);
 * assert.deepEqual(layers.inputs[0]!.shape, [null, null, null, 21]);
 * ```
 */
export function buildDiscriminator(
  config: DiscriminatorConfig,
  options: { classes: number; seed: number },
): Discriminator {
  const { classes, seed } = options;
  const { lastStride, output, lossResolution } = config;
  const builder = trainingBuilder(seededWeights(seed), { seed, step: 0 });
  const network = { ...config, classes, bnMomentum: BATCH_NORM_MOMENTUM };
  const layers = assemble(
    { name: "discriminator", builder },
    (builder) => discriminatorNetwork(builder, network),
  );
  return { layers, classes, stride: 16 * lastStride, output, lossResolution };
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
 * import { buildDiscriminator, defaultConfig, discriminate, tf, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const config = { ...defaultConfig().discriminator, width: 1 / 16 };
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
