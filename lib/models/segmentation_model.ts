/**
 * A segmentation network as training and inference use it, and the probability maps of its logits, which
 * losses and D take as input.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { SavedArchitecture } from "../weights/weight_file.ts";
import { resizeBilinear } from "../engine/ops/resize_bilinear.ts";

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
  /** Channels of the images that it takes. @default 3 */
  inputChannels?: number;
}

/** A segmentation network G. */
export interface SegmentationModel {
  /** Registered name, or a user's own. */
  name: string;
  /**
   * Maps images `[b, h, w, channels]`, of 3 channels unless built for others, to logits `[b, h/stride, w/stride, classes]`. Weights are ordinary
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
  /** Names of layers whose weights training leaves alone. @default none */
  frozen?: ReadonlySet<string>;
  /** Pixels of input per logit of its auxiliary head; `null` or absent where it has none. */
  auxiliaryStride?: number | null;
  /** What built it; absent for a network that a user brought. */
  architecture?: ArchitectureOptions;
}

/** Channels of the images that a network takes. */
export function inputChannelsOf({ layers }: Pick<SegmentationModel, "layers">): number {
  return layers.inputs[0]!.shape.at(-1) ?? 3;
}

/**
 * p_T = softmax(logits / T) at the size of the input, in the network's order (method.md,
 * "Temperatures"):
 * `logits` upsamples logits, then takes the softmax; `probabilities` upsamples the softmax.
 * Differentiable in `logits`.
 *
 * @param logits `[b, h/s, w/s, c]`.
 * @returns Probabilities `[b, height, width, c]`, summing to 1 over classes, owned by the caller.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { probabilityMap } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const logits = tf.tensor4d([0, Math.log(3)], [1, 1, 1, 2]);
 * const size = { height: 1, width: 1 };
 * const p = probabilityMap(logits, { temperature: 1, upsampleOrder: "logits", ...size });
 * assert.equal((await p.data())[1]!.toFixed(4), "0.7500");
 * ```
 */
export function probabilityMap(
  logits: tf.Tensor4D,
  options: { temperature: number; upsampleOrder: UpsampleOrder; height: number; width: number },
): tf.Tensor4D {
  const { temperature, upsampleOrder, height, width } = options;
  const resize = (x: tf.Tensor4D): tf.Tensor4D =>
    x.shape[1] === height && x.shape[2] === width ? x : resizeBilinear(x, { height, width });
  return upsampleOrder === "logits"
    ? softmax(resize(logits), temperature)
    : resize(softmax(logits, temperature));
}

function softmax(logits: tf.Tensor4D, temperature: number): tf.Tensor4D {
  return tf.softmax(temperature === 1 ? logits : tf.div(logits, temperature));
}
