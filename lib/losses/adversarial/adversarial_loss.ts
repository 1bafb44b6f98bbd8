/**
 * The extension point for adversarial losses, which turn D's outputs into error maps.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { DiscriminatorOutput } from "../../models/discriminator.ts";
import type { RegistryEntry } from "../../util/registry.ts";

/**
 * Three error maps `[b, h, w, 1]`, differentiable in D's outputs. The step masks them by the valid
 * mask and takes the mean, so ignored pixels never count.
 */
export interface AdversarialLoss extends RegistryEntry {
  /** Whether the loss reads D's `output`, as `adversarial.validMask: output` needs. */
  readsOutput: boolean;
  /** Error of D on real maps. */
  real(d: DiscriminatorOutput): tf.Tensor4D;
  /** Error of D on predicted maps. */
  fake(d: DiscriminatorOutput): tf.Tensor4D;
  /** Error of G: how far D's output on predicted maps is from that on real ones. */
  generator(d: DiscriminatorOutput): tf.Tensor4D;
}
