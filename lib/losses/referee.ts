/**
 * L_D and L_G: D's judgements of real and predicted maps, masked by the location map (thesis §3.1).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { AdversarialConfig } from "../config/config.ts";
import { discriminate, type Discriminator } from "../models/discriminator.ts";
import type { AdversarialLoss, DiscriminatorOutput } from "./adversarial_loss.ts";
import { maskedMean, shrinkLocationMap } from "./location_map.ts";

/** What L_D and L_G are taken over. */
export interface RefereeOptions {
  discriminator: Discriminator;
  game: AdversarialLoss;
  config: Pick<AdversarialConfig, "locationMap" | "maskInputs" | "frozenBatchNorm">;
  /** Location map `[b, h, w, 1]`; stays the caller's. */
  map: tf.Tensor4D;
  /** Number of ones in `map`. */
  valid: number;
}

/** Scalars of one L_D; all owned by the caller. */
export interface DiscriminatorLosses {
  loss: tf.Scalar;
  /** Mean D output over valid pixels of real maps, and of predicted ones. */
  real: tf.Scalar;
  fake: tf.Scalar;
  /** Share of valid pixels that D calls right at threshold ½. */
  accuracy: tf.Scalar;
}

/**
 * L_D = mean_m[real error] + mean_m[fake error] (Algorithm 1). Batch norm uses the statistics of
 * each batch, real and predicted apart, and this is where its moving averages move.
 *
 * @param maps One-hot labels `real` and probability maps `fake`, both `[b, h, w, c]`.
 *
 * @example
 * ```ts
 * import * as segadv from "@segadv/segadv";
 * import { buildDiscriminator, discriminatorLoss, generatorLoss } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await segadv.useBackend({ backend: "cpu" });
 * const { discriminator, adversarial: config } = segadv.defaultConfig();
 * const options = {
 *   discriminator: buildDiscriminator({ ...discriminator, width: 1 / 16 }, { classes: 2, seed: 1 }),
 *   game: segadv.lsgan,
 *   config,
 *   map: segadv.tf.ones<segadv.tf.Rank.R4>([1, 32, 32, 1]),
 *   valid: 32 * 32,
 * };
 * const maps = segadv.tf.fill<segadv.tf.Rank.R4>([1, 32, 32, 2], 0.5);
 * const { loss } = discriminatorLoss({ real: maps, fake: maps }, options);
 * assert.ok((await loss.data())[0]! >= 0.25); // ¼ is what a D that cannot tell them apart can reach
 * assert.ok((await generatorLoss(maps, options).data())[0]! > 0);
 * ```
 */
export function discriminatorLoss(
  maps: { real: tf.Tensor4D; fake: tf.Tensor4D },
  options: RefereeOptions,
): DiscriminatorLosses {
  const { game } = options;
  const training = { batchStatistics: true, updateStatistics: true };
  const real = judge(maps.real, { ...options, ...training });
  const fake = judge(maps.fake, { ...options, ...training });
  const right = tf.mul(
    tf.add(
      real.validMean(tf.cast(tf.greater(real.d.output, 0.5), "float32")),
      fake.validMean(tf.cast(tf.lessEqual(fake.d.output, 0.5), "float32")),
    ),
    0.5,
  );
  return {
    loss: tf.add(real.mean(game.real(real.d)), fake.mean(game.fake(fake.d))),
    real: real.validMean(real.d.output),
    fake: fake.validMean(fake.d.output),
    accuracy: right as tf.Scalar,
  };
}

/**
 * L_G = mean_m[generator error]: how far D is from taking G's maps for real ones. The gradient
 * flows through D into the maps; D's weights and moving averages stay.
 *
 * @param fake Probability maps `[b, h, w, c]`.
 * @returns A scalar, owned by the caller.
 */
export function generatorLoss(fake: tf.Tensor4D, options: RefereeOptions): tf.Scalar {
  const batchStatistics = !options.config.frozenBatchNorm;
  const { d, mean } = judge(fake, { ...options, batchStatistics, updateStatistics: false });
  return mean(options.game.generator(d));
}

/** D's outputs on maps. */
interface Judgement {
  d: DiscriminatorOutput;
  /** Mean that the loss takes: over valid pixels, or over all where the map masks the output. */
  mean(error: tf.Tensor4D): tf.Scalar;
  /** Mean over valid pixels, for what is reported. */
  validMean(figure: tf.Tensor4D): tf.Scalar;
}

function judge(
  maps: tf.Tensor4D,
  options: RefereeOptions & { batchStatistics: boolean; updateStatistics: boolean },
): Judgement {
  const { discriminator, config, batchStatistics, updateStatistics, valid } = options;
  const seen = config.maskInputs ? tf.mul(maps, options.map) as tf.Tensor4D : maps;
  const d = discriminate(discriminator, seen, { batchStatistics, updateStatistics });
  const own = d.output.shape[1] !== maps.shape[1] || d.output.shape[2] !== maps.shape[2];
  const map = own ? shrinkLocationMap(options.map, discriminator.stride) : options.map;
  const validMean = (figure: tf.Tensor4D): tf.Scalar => {
    if (!own) return maskedMean(figure, { map, valid });
    const total = tf.maximum(tf.sum(map), 1e-12); // no pixel valid: 0 / ε, not NaN
    return tf.div(tf.sum(tf.mul(figure, map)), total);
  };
  if (config.locationMap === "error") return { d, mean: validMean, validMean };
  const masked = tf.mul(d.output, map) as tf.Tensor4D;
  return { d: { ...d, output: masked }, mean: (error) => tf.mean(error), validMean };
}
