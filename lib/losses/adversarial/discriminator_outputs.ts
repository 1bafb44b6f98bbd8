/**
 * The parts of L_D and L_G: D's look at a map, and what each loss makes of it. One look can serve
 * both losses.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { AdversarialConfig } from "../../config/config.ts";
import {
  type DiscriminateOptions,
  type Discriminator,
  discriminatorLogits,
  discriminatorOutput,
} from "../../models/discriminator.ts";
import type { AdversarialLoss, DiscriminatorOutput } from "./adversarial_loss.ts";
import { downsampleValidMask, maskedMean } from "../valid_mask.ts";

/** What L_D and L_G are taken over. */
export interface RefereeOptions {
  discriminator: Discriminator;
  game: AdversarialLoss;
  config: Pick<AdversarialConfig, "validMask" | "maskInputs" | "frozenBatchNorm">;
  /** Valid mask `[b, h, w, 1]`; stays the caller's. */
  map: tf.Tensor4D;
  /** Number of ones in `map`, or in `whole`. */
  valid: number;
  /** Valid mask of the batch, where these maps are a part of it: means are its shares then. */
  whole?: tf.Tensor4D;
}

/** One side of L_D: scalars owned by the caller. */
export interface Judgement {
  /** Its half of the loss. */
  loss: tf.Scalar;
  /** Mean D output over valid pixels. */
  mean: tf.Scalar;
  /** Share of valid pixels that D calls right at threshold ½. */
  right: tf.Scalar;
}

/**
 * D's logits on maps, before enlargement and non-linearity. Differentiable in maps and D's weights.
 *
 * @param maps `[b, h, w, c]`.
 * @returns `[b, h/stride, w/stride, 1]`, owned by the caller.
 */
export function lookAt(
  maps: tf.Tensor4D,
  options: RefereeOptions & DiscriminateOptions,
): tf.Tensor4D {
  const seen = options.config.maskInputs ? tf.mul(maps, options.map) as tf.Tensor4D : maps;
  return discriminatorLogits(options.discriminator, seen, options);
}

/** L_D's share of real maps, from D's logits on them. Differentiable in `own`. */
export function judgeReal(own: tf.Tensor4D, options: RefereeOptions): Judgement {
  const { d, mean, validMean } = outcome(own, options);
  const right = tf.cast(tf.greater(d.output, 0.5), "float32") as tf.Tensor4D;
  const loss = mean(options.game.real(d));
  return { loss, mean: validMean(d.output), right: validMean(right) };
}

/** L_D's share of predicted maps, from D's logits on them. Differentiable in `own`. */
export function judgeFake(own: tf.Tensor4D, options: RefereeOptions): Judgement {
  const { d, mean, validMean } = outcome(own, options);
  const right = tf.cast(tf.lessEqual(d.output, 0.5), "float32") as tf.Tensor4D;
  const loss = mean(options.game.fake(d));
  return { loss, mean: validMean(d.output), right: validMean(right) };
}

/** L_G, from D's logits on predicted maps. Differentiable in `own`. */
export function judgeForGenerator(own: tf.Tensor4D, options: RefereeOptions): tf.Scalar {
  const { d, mean } = outcome(own, options);
  return mean(options.game.generator(d));
}

/** D's outputs and the means over them. */
interface Outcome {
  d: DiscriminatorOutput;
  /** Mean that the loss takes: over valid pixels, or over all where the map masks the output. */
  mean(error: tf.Tensor4D): tf.Scalar;
  /** Mean over valid pixels, for what is reported. */
  validMean(figure: tf.Tensor4D): tf.Scalar;
}

function outcome(own: tf.Tensor4D, options: RefereeOptions): Outcome {
  const { discriminator, config, valid } = options;
  const [, height, width] = options.map.shape;
  const d = discriminatorOutput(discriminator, { own, height, width });
  const isOwn = d.output.shape[1] !== height || d.output.shape[2] !== width;
  const whole = options.whole ?? options.map;
  const shrink = (map: tf.Tensor4D): tf.Tensor4D => downsampleValidMask(map, discriminator.stride);
  const map = isOwn ? shrink(options.map) : options.map;
  const validMean = (figure: tf.Tensor4D): tf.Scalar => {
    if (!isOwn) return maskedMean(figure, { map, valid });
    const ones = tf.sum(whole === options.map ? map : shrink(whole));
    const total = tf.maximum(ones, 1e-12); // no pixel valid: 0 / ε, not NaN
    return tf.div(tf.sum(tf.mul(figure, map)), total);
  };
  if (config.validMask === "error") return { d, mean: validMean, validMean };
  const masked = tf.mul(d.output, map) as tf.Tensor4D;
  const share = options.map.size / whole.size;
  const mean = (error: tf.Tensor4D): tf.Scalar =>
    share === 1 ? tf.mean(error) : tf.mul(tf.mean(error), share);
  return { d: { ...d, output: masked }, mean, validMean };
}
