/**
 * L_D and L_G from D's outputs, over the valid pixels (method.md, "Losses").
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  type Discriminator,
  type DiscriminatorOutput,
  discriminatorOutput,
} from "../../models/discriminator.ts";
import { downsampleValidMask, maskedMean } from "../valid_mask.ts";
import type { AdversarialConfig } from "./adversarial_config.ts";
import type { AdversarialLoss } from "./adversarial_loss.ts";

/** What L_D and L_G are taken over. */
export interface AdversarialLossOptions {
  discriminator: Discriminator;
  loss: AdversarialLoss;
  config: Pick<AdversarialConfig, "validMask">;
  /** Valid mask `[b, h, w, 1]`; stays the caller's. */
  mask: tf.Tensor4D;
  /** Number of ones in `mask`, or in `batchMask`. */
  valid: number;
  /** Valid mask of the whole batch, where these maps are a micro-batch: means are its shares then. */
  batchMask?: tf.Tensor4D;
}

/** One half of L_D: scalars owned by the caller. */
export interface DiscriminatorLoss {
  loss: tf.Scalar;
  /** Mean D output over valid pixels. */
  mean: tf.Scalar;
  /** Share of valid pixels on the correct side of ½. */
  accuracy: tf.Scalar;
}

/**
 * The half of L_D for real maps (one-hot labels) or fake ones (predictions). Differentiable in
 * `logits`.
 *
 * @param logits D's own logits `[b, h/stride, w/stride, 1]` on the maps.
 *
 * @example
 * ```ts
 * import { defaultConfig, tf, useBackend } from "@segadv/segadv";
 * import { adversarialLosses, discriminatorLoss, generatorLoss } from "@segadv/segadv/losses";
 * import { buildDiscriminator } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const options = {
 *   discriminator: buildDiscriminator({ width: 1 / 16 }, { classes: 2, seed: 1 }),
 *   loss: adversarialLosses.get("lsgan"),
 *   config: defaultConfig().adversarial,
 *   mask: tf.ones<tf.Rank.R4>([1, 32, 32, 1]),
 *   valid: 32 * 32,
 * };
 * const undecided = tf.zeros<tf.Rank.R4>([1, 1, 1, 1]); // D's output is ½ everywhere
 * const real = discriminatorLoss(undecided, "real", options);
 * const fake = discriminatorLoss(undecided, "fake", options);
 * assert.equal((await tf.add(real.loss, fake.loss).data())[0], 0.25);
 * assert.equal((await generatorLoss(undecided, options).data())[0], 0.125);
 * ```
 */
export function discriminatorLoss(
  logits: tf.Tensor4D,
  target: "real" | "fake",
  options: AdversarialLossOptions,
): DiscriminatorLoss {
  const { d, mean, validMean } = outputs(logits, options);
  const isCorrect = target === "real" ? tf.greater(d.output, 0.5) : tf.lessEqual(d.output, 0.5);
  const correct = tf.cast(isCorrect, "float32") as tf.Tensor4D;
  const loss = mean(target === "real" ? options.loss.real(d) : options.loss.fake(d));
  return { loss, mean: validMean(d.output), accuracy: validMean(correct) };
}

/**
 * L_G: how far D is from taking predictions for labels. Differentiable in `logits`.
 *
 * @param logits D's own logits `[b, h/stride, w/stride, 1]` on predicted maps.
 * @returns A scalar, owned by the caller.
 */
export function generatorLoss(logits: tf.Tensor4D, options: AdversarialLossOptions): tf.Scalar {
  const { d, mean } = outputs(logits, options);
  return mean(options.loss.generator(d));
}

/** D's outputs and the means over them. */
interface Outputs {
  d: DiscriminatorOutput;
  /** Mean that the loss takes: over valid pixels, or over all where the mask multiplies D's output. */
  mean(error: tf.Tensor4D): tf.Scalar;
  /** Mean over valid pixels, for what is logged. */
  validMean(value: tf.Tensor4D): tf.Scalar;
}

function outputs(logits: tf.Tensor4D, options: AdversarialLossOptions): Outputs {
  const { discriminator, config, valid } = options;
  const [, height, width] = options.mask.shape;
  const d = discriminatorOutput(discriminator, logits, { height, width });
  const isOwn = d.output.shape[1] !== height || d.output.shape[2] !== width;
  const batchMask = options.batchMask ?? options.mask;
  const shrink = (mask: tf.Tensor4D): tf.Tensor4D =>
    downsampleValidMask(mask, discriminator.stride);
  const mask = isOwn ? shrink(options.mask) : options.mask;
  const validMean = (values: tf.Tensor4D): tf.Scalar => {
    const value = values.shape[3] === 1 ? values : tf.mean<tf.Tensor4D>(values, 3, true);
    if (!isOwn) return maskedMean(value, { mask, valid });
    const ones = tf.sum(batchMask === options.mask ? mask : shrink(batchMask));
    const total = tf.maximum(ones, 1e-12); // no pixel valid: 0 / ε, not NaN
    return tf.div(tf.sum(tf.mul(value, mask)), total);
  };
  if (config.validMask === "error") return { d, mean: validMean, validMean };
  const masked = tf.mul(d.output, mask) as tf.Tensor4D;
  const share = options.mask.size / batchMask.size;
  const mean = (error: tf.Tensor4D): tf.Scalar =>
    share === 1 ? tf.mean(error) : tf.mul(tf.mean(error), share);
  return { d: { ...d, output: masked }, mean, validMean };
}
