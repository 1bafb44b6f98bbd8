/**
 * L_D and L_G: D's judgements of real and predicted maps, masked by the valid mask (thesis §3.1).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  judgeFake,
  judgeForGenerator,
  judgeReal,
  lookAt,
  type RefereeOptions,
} from "./discriminator_outputs.ts";

export type { RefereeOptions };

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
  const training = { batchStatistics: true, updateStatistics: true };
  const real = judgeReal(lookAt(maps.real, { ...options, ...training }), options);
  const fake = judgeFake(lookAt(maps.fake, { ...options, ...training }), options);
  return {
    loss: tf.add(real.loss, fake.loss),
    real: real.mean,
    fake: fake.mean,
    accuracy: tf.mul(tf.add(real.right, fake.right), 0.5),
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
  const own = lookAt(fake, { ...options, batchStatistics, updateStatistics: false });
  return judgeForGenerator(own, options);
}
