/**
 * A segmentation network as training and inference use it.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { SavedArchitecture } from "../weights/weight_file.ts";

/** Order of upsampling and softmax: see {@linkcode SegmentationModel.upsampleOrder}. */
export type UpsampleOrder = "logits" | "probabilities";

/**
 * What a network of the registry was built from, all but its weights: its name, the options that all
 * networks have, and its own. Plain JSON; written into saved models.
 */
export interface ArchitectureOptions extends SavedArchitecture {
  /** Multiplier of all channel counts. */
  width: number;
  upsampleOrder: UpsampleOrder;
  classes: number;
}

/** A segmentation network G. */
export interface SegmentationModel {
  /** Registered name, or a user's own. */
  name: string;
  /**
   * Maps images `[b, h, w, 3]` to logits `[b, h/stride, w/stride, classes]`. Weights are ordinary
   * tfjs variables, so tfjs's tape records them. Called with `{ training: true }` dropout is on and
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
   * Names of layers that end its first stages: all later layers depend on earlier ones through
   * them. What `train.gradientCheckpointing` needs; absent where a user did not give them.
   */
  stages?: readonly string[];
  /** What built it; absent for a network that a user brought. */
  architecture?: ArchitectureOptions;
}
