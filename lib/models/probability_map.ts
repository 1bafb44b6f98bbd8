/**
 * From logits to the probability maps that losses and D take as input.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { resizeBilinear } from "../engine/ops/resize_bilinear.ts";
import type { UpsampleOrder } from "./segmentation_model.ts";

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
