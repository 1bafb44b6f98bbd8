/**
 * The seam for the game between G and D: an adversarial loss turns D's outputs into error maps.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** What D says of a batch of maps, before and after its output non-linearity, `[b, h, w, 1]`. */
export interface DiscriminatorOutput {
  logits: tf.Tensor4D;
  output: tf.Tensor4D;
}

/**
 * A game: three error maps `[b, h, w, 1]`, differentiable in D's outputs. The step masks them by
 * the valid mask and takes the mean, so a game never sees ignored pixels.
 */
export interface AdversarialLoss {
  name: string;
  /** One line for `--help`. */
  summary: string;
  /** Whether the game reads D's `output`, as `discriminator.validMask: output` needs. */
  readsOutput: boolean;
  /** Error of D on real maps. */
  real(d: DiscriminatorOutput): tf.Tensor4D;
  /** Error of D on predicted maps. */
  fake(d: DiscriminatorOutput): tf.Tensor4D;
  /** Error of G, whose predicted maps D judged. */
  generator(d: DiscriminatorOutput): tf.Tensor4D;
}
