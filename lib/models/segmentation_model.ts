/**
 * The seam between networks and training: what the step needs of G.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { ModelConfig } from "../config/config.ts";
import type { DropoutState } from "./builders/layers/dropout.ts";

/** Order of upsampling and softmax: see {@linkcode SegmentationModel.upsampleOrder}. */
export type UpsampleOrder = "logits" | "probabilities";

/**
 * What a built-in network was built from, all but its weights: enough to build it again. Plain
 * JSON; written into saved models.
 */
export interface ArchitectureOptions
  extends Omit<ModelConfig, "init" | "initStrict" | "followInit" | "upsampleOrder" | "stemPool"> {
  /** Absent in networks saved before it was an option: `padded`. */
  stemPool?: ModelConfig["stemPool"];
  upsampleOrder: UpsampleOrder;
  classes: number;
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
  /** What its dropout masks are drawn from; absent for a network that a user brought. */
  dropout?: DropoutState;
}

/**
 * Tells a model which dropout masks come next: a function of run seed and step, so that a resumed
 * run draws the masks of the run it continues. A network that a user brought is left alone.
 *
 * @example
 * ```ts
 * import { buildModel, defaultConfig, setDropoutStep, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const model = buildModel({ ...defaultConfig().model, width: 1 / 32 }, { classes: 2, seed: 1 });
 * setDropoutStep(model, { seed: 1, step: 300 });
 * assert.deepEqual(model.dropout, { seed: 1, step: 300 });
 * ```
 */
export function setDropoutStep(model: SegmentationModel, state: DropoutState): void {
  if (model.dropout) Object.assign(model.dropout, state);
}
