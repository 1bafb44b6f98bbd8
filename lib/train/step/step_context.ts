/**
 * What a training step is given and what it gives.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** One batch on the device; stays the caller's. */
export interface Batch {
  /** Normalised images `[b, h, w, 3]`. */
  images: tf.Tensor4D;
  /** int32 class indices `[b, h, w]`, 255 = ignore. */
  labels: tf.Tensor3D;
  /** Number of pixels that are not ignored. */
  valid: number;
}

/** What is particular to one step. */
export interface StepContext {
  /** Learning rates. */
  rates: { segmentation: number; discriminator: number };
  /** What dropout masks are drawn from, so that a resumed run draws those of the run it continues. */
  dropout?: { seed: number; step: number };
  /** @default "f32" */
  precision?: "f32" | "mixed";
  /** Micro-batches of a batch, or pieces of the network where `batchNorm` is `exact`. @default 1 */
  gradientAccumulation?: number;
  /** Whose statistics batch norm takes: a micro-batch's, or the whole batch's. @default "ghost" */
  batchNorm?: "ghost" | "exact";
  /** @default false */
  gradientCheckpointing?: boolean;
}

/** Scalars of one step under their log keys; owned by the caller. */
export type StepLosses = Record<string, tf.Scalar>;

/** Gradients in the order of the parameters, `null` where a parameter has none. */
export type Gradients = (tf.Tensor | null)[];
