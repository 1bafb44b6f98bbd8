/**
 * The seam between networks and training: what the step needs of G.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { OptionValue } from "../util/registry.ts";

/** Order of upsampling and softmax: see {@linkcode SegmentationModel.upsampleOrder}. */
export type UpsampleOrder = "logits" | "probabilities";

/**
 * What a built-in network was built from, all but its weights: enough to build it again. Plain
 * JSON; written into saved models. The network's own options stand beside the common ones.
 */
export interface ArchitectureOptions {
  name: string;
  width: number;
  upsampleOrder: UpsampleOrder;
  classes: number;
  [option: string]: OptionValue;
}

/** A segmentation network G. */
export interface SegmentationModel {
  /** Registered name, or a user's own. */
  name: string;
  /**
   * Maps images `[b, h, w, 3]` to logits `[b, h/stride, w/stride, classes]`. Weights are ordinary
   * tfjs variables, so tfjs's tape sees them. Called with `{ training: true }` dropout is on and
   * batch norm uses the batch; its moving averages move only with `updateStatistics: true` too.
   */
  layers: tf.LayersModel;
  classes: number;
  /** Pixels of input per logit; 1 when the network upsamples inside. */
  logitStride: number;
  /** `logits`: upsample logits, then softmax. `probabilities`: softmax, then upsample. */
  upsampleOrder: UpsampleOrder;
  /** Input height and width must be multiples of this. */
  inputMultiple: number;
  /**
   * Names of layers that end its first stages: all that follows sees what comes before through
   * them. What `train.gradientCheckpointing` needs; absent where a user did not give them.
   */
  stages?: readonly string[];
  /** What built it; absent for a network that a user brought. */
  architecture?: ArchitectureOptions;
}
