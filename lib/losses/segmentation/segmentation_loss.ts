/**
 * L_seg: how far the probability maps are from the labels (thesis §2.4, equation 2-3, Algorithm 1).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { GeneratorConfig } from "../../config/config.ts";
import type { UpsampleOrder } from "../../models/segmentation_model.ts";
import { oneHot } from "../../engine/ops/one_hot.ts";
import { resizeBilinear } from "../../engine/ops/resize_bilinear.ts";
import { softmaxCrossEntropy } from "../../engine/ops/softmax_cross_entropy.ts";
import { probabilityMap } from "../../models/probability_map.ts";

/** Keeps −log p finite where an upsampled probability reaches 0. */
const EPSILON = 1e-7;

/** What L_seg depends on beside the network's logits. */
export interface SegmentationLossOptions {
  /** T_g (or `generator.segTemperature`). */
  temperature: number;
  /** Number of pixels that are not ignored. */
  valid: number;
  upsampleOrder: UpsampleOrder;
  kind: GeneratorConfig["loss"];
}

/**
 * Mean over valid pixels of −log p_T(y), or of the per-class binary terms of equation 2-3.
 * Differentiable in `logits`. 0 where no pixel is valid.
 *
 * @param inputs Logits `[b, h/s, w/s, c]` at the network's own stride, int32 labels `[b, h, w]`.
 * @returns A scalar, owned by the caller.
 *
 * @example
 * ```ts
 * import { segmentationLoss, tf, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const inputs = {
 *   logits: tf.tensor4d([0, 7.34, 8, 7.27, 0, 0], [1, 1, 1, 6]),
 *   labels: tf.tensor3d([2], [1, 1, 1], "int32"),
 * };
 * const loss = segmentationLoss(inputs, { temperature: 2, valid: 1, upsampleOrder: "logits", kind: "ce" });
 * assert.equal((await loss.data())[0]!.toFixed(3), "0.903");
 * ```
 */
export function segmentationLoss(
  inputs: { logits: tf.Tensor4D; labels: tf.Tensor3D },
  options: SegmentationLossOptions,
): tf.Scalar {
  const { logits, labels } = inputs;
  const { temperature, valid, upsampleOrder, kind } = options;
  const scale = valid > 0 ? 1 / valid : 0;
  const [, height, width] = labels.shape;
  if (kind === "ce" && upsampleOrder === "logits") {
    const sameSize = logits.shape[1] === height && logits.shape[2] === width;
    const full = sameSize ? logits : resizeBilinear(logits, { height, width });
    return softmaxCrossEntropy({ logits: full, labels }, { temperature, scale });
  }
  const p = probabilityMap(logits, { temperature, upsampleOrder, height, width });
  const truth = oneHot(labels, p.shape[3]) as tf.Tensor4D;
  return tf.mul(tf.sum(kind === "ce" ? categorical(p, truth) : binary(p, truth)), scale);
}

/** −log p of the true class `[b, h, w]`, 0 where ignored. */
function categorical(p: tf.Tensor4D, truth: tf.Tensor4D): tf.Tensor {
  const valid = tf.sum(truth, -1); // [b, h, w]
  return tf.neg(tf.mul(valid, tf.log(tf.add(tf.sum(tf.mul(p, truth), -1), EPSILON))));
}

/** Equation 2-3 as printed: −Σ_c y·log p + (1 − y)·log(1 − p), 0 where ignored. */
function binary(p: tf.Tensor4D, truth: tf.Tensor4D): tf.Tensor {
  const valid = tf.sum(truth, -1, true); // [b, h, w, 1]
  const hit = tf.mul(truth, tf.log(tf.add(p, EPSILON)));
  const miss = tf.mul(tf.sub(1, truth), tf.log(tf.add(tf.sub(1, p), EPSILON)));
  return tf.neg(tf.mul(valid, tf.add(hit, miss)));
}
