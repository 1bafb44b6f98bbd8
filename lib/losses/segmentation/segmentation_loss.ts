/**
 * The extension point for segmentation losses, and their weighted sum.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { z } from "zod";
import { resizeBilinear } from "../../engine/ops/resize_bilinear.ts";
import { probabilityMap, type UpsampleOrder } from "../../models/segmentation_model.ts";
import { optionsSchema, parseOptions, type RegistryEntry } from "../../util/registry.ts";
import { validMask } from "../valid_mask.ts";

/** A batch of logits with its labels, or a micro-batch of one. */
export interface SegmentationInputs {
  /** `[b, h/s, w/s, c]` at the network's own stride. */
  logits: tf.Tensor4D;
  /** int32 `[b, h, w]`; 255 is ignored. */
  labels: tf.Tensor3D;
  /** Number of pixels of the whole batch that are not ignored. */
  valid: number;
  /** Share of the batch that these images are: 1, or 1/n of n micro-batches. @default 1 */
  share?: number;
  temperature: number;
  upsampleOrder: UpsampleOrder;
}

/** What a loss is given; each tensor is computed at its first use, and once for all terms. */
export interface LossInputs extends Required<SegmentationInputs> {
  /** Logits at the labels' size `[b, h, w, c]`, not divided by T. */
  fullLogits(): tf.Tensor4D;
  /** p_T `[b, h, w, c]`. */
  probabilities(): tf.Tensor4D;
  /** 1 where the label counts, else 0: `[b, h, w, 1]`. */
  mask(): tf.Tensor4D;
}

/** A segmentation loss that a term of `loss.terms` can name. */
export interface SegmentationLoss extends RegistryEntry {
  /**
   * A scalar, differentiable in the logits, 0 where no pixel is valid. Summed over micro-batches it
   * is the batch's loss where that is a mean over pixels, else the mean of theirs.
   *
   * @param options The entry's own options; `name` and `weight` are passed over.
   */
  loss(inputs: LossInputs, options?: object): tf.Scalar;
}

/**
 * Makes an entry whose own options are documented fields.
 *
 * @example A loss of one's own, for `loss.terms`
 * ```ts
 * import { tf } from "@segadv/segadv";
 * import { defineSegmentationLoss, segmentationLosses } from "@segadv/segadv/losses";
 * import assert from "node:assert/strict";
 *
 * segmentationLosses.register(defineSegmentationLoss({
 *   name: "mean-probability",
 *   summary: "mean probability of the first class",
 *   options: {},
 *   loss: (inputs) => tf.mean(tf.slice(inputs.probabilities(), [0, 0, 0, 0], [-1, -1, -1, 1])),
 * }));
 * assert.ok(segmentationLosses.has("mean-probability"));
 * ```
 */
export function defineSegmentationLoss<S extends Record<string, z.ZodType>>(entry: {
  name: string;
  summary: string;
  options: S;
  loss(inputs: LossInputs, options: z.output<z.ZodObject<S, z.core.$strict>>): tf.Scalar;
}): SegmentationLoss {
  const { name, summary } = entry;
  const options = optionsSchema(entry.options);
  const shared = ["name", "weight"];
  return {
    name,
    summary,
    options,
    loss: (inputs, given = {}) =>
      entry.loss(inputs, parseOptions(options, given, { name, shared })),
  };
}

/** A loss with its weight and own options. */
export interface WeightedLoss {
  loss: SegmentationLoss;
  weight: number;
  /** @default the loss's defaults */
  options?: object;
}

/**
 * L_seg = Σ weight · loss over the terms (method.md, "Losses"). Differentiable in `logits`.
 *
 * @returns A scalar, owned by the caller; 0 where no pixel is valid.
 *
 * @example
 * ```ts
 * import { segmentationLoss, segmentationLosses } from "@segadv/segadv/losses";
 * import { tf, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const inputs = {
 *   logits: tf.tensor4d([0, 7.34, 8, 7.27, 0, 0], [1, 1, 1, 6]),
 *   labels: tf.tensor3d([2], [1, 1, 1], "int32"),
 *   valid: 1,
 *   temperature: 2,
 *   upsampleOrder: "logits" as const,
 * };
 * const loss = segmentationLoss(inputs, [{ loss: segmentationLosses.get("ce"), weight: 1 }]);
 * assert.equal((await loss.data())[0]!.toFixed(3), "0.903");
 * ```
 */
export function segmentationLoss(
  inputs: SegmentationInputs,
  terms: readonly WeightedLoss[],
): tf.Scalar {
  const given = lossInputs(inputs);
  const losses = terms.map(({ loss, weight, options }) => {
    const value = loss.loss(given, options);
    return weight === 1 ? value : tf.mul<tf.Scalar>(value, weight);
  });
  return losses.reduce((sum, loss) => tf.add<tf.Scalar>(sum, loss));
}

function lossInputs(inputs: SegmentationInputs): LossInputs {
  const { logits, labels, temperature, upsampleOrder } = inputs;
  const [, height, width] = labels.shape;
  return {
    share: 1,
    ...inputs,
    fullLogits: once(() =>
      logits.shape[1] === height && logits.shape[2] === width
        ? logits
        : resizeBilinear(logits, { height, width })
    ),
    probabilities: once(() =>
      probabilityMap(logits, { temperature, upsampleOrder, height, width })
    ),
    mask: once(() => validMask(labels)),
  };
}

function once<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => value ??= compute();
}
