/**
 * The extension point for segmentation losses, and their weighted sum.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { z } from "zod";
import { oneHot } from "../../engine/ops/labels.ts";
import { resizeBilinear } from "../../engine/ops/resize_bilinear.ts";
import { probabilityMap, type UpsampleOrder } from "../../models/segmentation_model.ts";
import { optionsSchema, parseOptions, type RegistryEntry } from "../../util/registry.ts";
import { validMask } from "../valid_mask.ts";

/** Keeps −log p finite where an upsampled probability reaches 0. */
export const EPSILON: number = 1e-7;

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
  /** Weights of the classes in the terms that take them; `null`: none. @default null */
  classWeights?: readonly number[] | null;
  /** Labels of the whole batch, over whose weights weighted means are taken. @default labels */
  batchLabels?: tf.Tensor3D;
  /** Weights of the network that decay, for the terms that read them. @default none */
  weights?: readonly tf.Tensor[];
}

/** What a loss is given; each tensor is computed at its first use, and once for all terms. */
export interface LossInputs extends Required<SegmentationInputs> {
  /** Logits at the labels' size `[b, h, w, c]`, not divided by T. */
  fullLogits(): tf.Tensor4D;
  /** p_T `[b, h, w, c]`. */
  probabilities(): tf.Tensor4D;
  /** 1 where the label counts, else 0: `[b, h, w, 1]`. */
  mask(): tf.Tensor4D;
  /** One-hot labels `[b, h, w, c]`; the zero vector where the label does not count. */
  truth(): tf.Tensor4D;
  /** log p_T `[b, h, w, c]`, finite. */
  logProbabilities(): tf.Tensor4D;
  /** log p_T of the label `[b, h, w, 1]`; of no meaning where that does not count. */
  logLikelihood(): tf.Tensor4D;
  /** Weight of the label's class, 1 without class weights; 0 where the label does not count. */
  pixelWeights(): tf.Tensor4D;
  /**
   * Σ w·x / Σ w with the pixels' weights, the denominator over the whole batch; 0 without a valid
   * pixel. So the sum over micro-batches is the batch's mean.
   *
   * @param x `[b, h, w, k]`, summed over k.
   * @param options `weighted: false` leaves class weights out. @default { weighted: true }
   */
  pixelMean(x: tf.Tensor4D, options?: { weighted: boolean }): tf.Scalar;
  /** The same pixels with other logits, at the network's stride or the labels' size. */
  withLogits(logits: tf.Tensor4D, temperature: number): LossInputs;
}

/** A segmentation loss that a term of `loss.terms` can name. */
export interface SegmentationLoss extends RegistryEntry {
  /**
   * Whether it is a mean over valid pixels, so that the sum over micro-batches is the batch's loss
   * (`train.gradientAccumulation`).
   */
  readonly isPixelMean: boolean;
  /** Whether `loss.classWeights` apply. */
  readonly takesClassWeights: boolean;
  /** Whether it depends on the network's weights themselves ({@linkcode LossInputs}`.weights`). */
  readonly readsWeights: boolean;
  /**
   * A scalar, differentiable in the logits, 0 where no pixel is valid. Summed over micro-batches it
   * is the batch's loss where that is a mean over pixels, else the mean of theirs.
   *
   * @param options The entry's own options; `name` and `weight` are passed over.
   */
  loss(inputs: LossInputs, options?: object): tf.Scalar;
}

/**
 * Makes an entry whose own options are documented fields. `isPixelMean`, `takesClassWeights`
 * and `readsWeights` are false where they are left out.
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
  isPixelMean?: boolean;
  takesClassWeights?: boolean;
  readsWeights?: boolean;
  options: S;
  loss(inputs: LossInputs, options: z.output<z.ZodObject<S, z.core.$strict>>): tf.Scalar;
}): SegmentationLoss {
  const { name, summary } = entry;
  const { isPixelMean = false, takesClassWeights = false, readsWeights = false } = entry;
  const options = optionsSchema(entry.options);
  const shared = ["name", "weight"];
  return {
    name,
    summary,
    isPixelMean,
    takesClassWeights,
    readsWeights,
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
  const { logits, labels, temperature, upsampleOrder, valid, batchLabels = labels } = inputs;
  const { classWeights = null } = inputs;
  const [, height, width] = labels.shape;
  const classes = logits.shape[3];
  const fullLogits = once(() =>
    logits.shape[1] === height && logits.shape[2] === width
      ? logits
      : resizeBilinear(logits, { height, width })
  );
  const probabilities = once(() =>
    probabilityMap(logits, { temperature, upsampleOrder, height, width })
  );
  const mask = once(() => validMask(labels));
  const truth = once(() => oneHot(labels, classes) as tf.Tensor4D);
  const logProbabilities = once((): tf.Tensor4D => {
    if (upsampleOrder === "probabilities") return tf.log(tf.add(probabilities(), EPSILON));
    return tf.logSoftmax(tf.div(fullLogits(), temperature));
  });
  const logLikelihood = once((): tf.Tensor4D => {
    if (upsampleOrder === "logits") return tf.sum(tf.mul(logProbabilities(), truth()), -1, true);
    return tf.log(tf.add(tf.sum(tf.mul(probabilities(), truth()), -1, true), EPSILON));
  });
  const pixelWeights = once((): tf.Tensor4D =>
    classWeights === null ? mask() : tf.expandDims(weightsOf(labels, classWeights), 3)
  );
  const totalWeight = once(() => tf.sum(weightsOf(batchLabels, classWeights!)));
  return {
    share: 1,
    weights: [],
    ...inputs,
    classWeights,
    batchLabels,
    fullLogits,
    probabilities,
    mask,
    truth,
    logProbabilities,
    logLikelihood,
    pixelWeights,
    pixelMean(x, { weighted } = { weighted: true }) {
      if (!weighted || classWeights === null) {
        return tf.mul(tf.sum(tf.mul(mask(), x)), valid > 0 ? 1 / valid : 0);
      }
      return tf.div(tf.sum(tf.mul(pixelWeights(), x)), tf.maximum(totalWeight(), EPSILON));
    },
    withLogits: (other, otherTemperature) =>
      lossInputs({ ...inputs, logits: other, temperature: otherTemperature }),
  };
}

/** Weight of each label's class, 0 where the label is none: float32 in the labels' shape. */
function weightsOf(labels: tf.Tensor3D, classWeights: readonly number[]): tf.Tensor3D {
  const table = new Float32Array(256);
  table.set(classWeights);
  return tf.gather(tf.tensor1d(table) as tf.Tensor, labels) as tf.Tensor3D;
}

function once<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => value ??= compute();
}
