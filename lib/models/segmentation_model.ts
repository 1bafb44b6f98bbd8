/**
 * The seam between networks and training: what the step needs of G.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** Order of upsampling and softmax: see {@linkcode SegmentationModel.head}. */
export type HeadOrder = "logits" | "probabilities";

/** A segmentation network G. */
export interface SegmentationModel {
  /** Registered name, or a user's own. */
  name: string;
  /**
   * Maps images `[b, h, w, 3]` to logits `[b, h/stride, w/stride, classes]`. Weights are ordinary
   * tfjs variables, so tfjs's tape sees them.
   */
  layers: tf.LayersModel;
  classes: number;
  /** Pixels of input per logit; 1 when the network upsamples inside. */
  logitStride: number;
  /** `logits`: upsample logits, then softmax. `probabilities`: softmax, then upsample. */
  head: HeadOrder;
  /** Input height and width must be multiples of this. */
  inputMultiple: number;
}
