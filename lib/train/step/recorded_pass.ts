/**
 * Recorded passes of a training step: the segmentation network, and losses as functions of logits.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { withPrecision } from "../../engine/ops/precision.ts";
import { record } from "../../engine/tape.ts";
import { packLogits, unpackLogits } from "../../models/builders/auxiliary.ts";
import { segmentedForward } from "../../models/segmented_forward.ts";
import { forwardTraining } from "../../models/forward_training.ts";
import type { UpsampleOrder } from "../../models/segmentation_model.ts";
import { GradientSum, type MicroBatch } from "./gradients.ts";
import type { Networks } from "./networks.ts";
import type { Gradients, StepContext } from "./step_context.ts";

/** The segmentation network's logits on a micro-batch, and the way back. */
export interface ForwardPass {
  /** z `[b, h/s, w/s, c]`. */
  logits: tf.Tensor4D;
  /** Those of the auxiliary head, `null` where the network has none. */
  auxiliary: tf.Tensor4D | null;
  upsampleOrder: UpsampleOrder;
  /**
   * Gradients of all weights from those at the logits, which are summed, loss-scaled and consumed
   * with the logits. To be called once.
   *
   * @param more Gradients at the auxiliary logits, where there are any, and those of a loss that
   * reads the weights itself, in their order or none at all; loss-scaled, added and consumed.
   */
  backward(
    atLogits: readonly tf.Tensor[],
    more?: { atWeights?: Gradients; atAuxiliary?: tf.Tensor4D | null },
  ): Gradients;
}

/** Runs the segmentation network in training mode and records it. */
export function forwardPass(
  { segmentation, lossScale }: Networks,
  { images, index, share }: MicroBatch,
  context: StepContext,
): ForwardPass {
  const { model, parameters } = segmentation;
  const { gradientCheckpointing = false, precision = "f32", gradientAccumulation = 1 } = context;
  const stride = model.auxiliaryStride ?? null;
  const auxiliaryHead = stride !== null;
  // The masks of a micro-batch are its share of the batch's
  const dropout = { seed: 0, step: 0, ...context.dropout, ...share < 1 && { part: index } };
  const weights = parameters.map(({ weight }) => weight);
  // What lies before the first weight that is trained is not kept for the backward pass
  const of = model.frozen === undefined ? {} : { of: weights };
  const recording = withPrecision(precision, () => {
    const options = { auxiliary: auxiliaryHead, dropout };
    return context.batchNorm === "exact" && gradientAccumulation > 1
      ? segmentedForward(model, images, { pieces: gradientAccumulation, ...options })
      : record(() => forwardTraining(model, images, { gradientCheckpointing, ...options }), of);
  });
  const output = recording.value as tf.Tensor4D;
  const sizeAt = (s: number): [number, number] => [images.shape[1] / s, images.shape[2] / s];
  const [logits, auxiliary] = stride === null
    ? [output, null]
    : unpackLogits(output, [sizeAt(model.logitStride), sizeAt(stride)]);
  if (auxiliary !== null) output.dispose();
  return {
    logits,
    auxiliary,
    upsampleOrder: model.upsampleOrder,
    backward(atLogits, { atWeights = [], atAuxiliary = null } = {}) {
      const atMain = atLogits.length === 1 ? atLogits[0]! : tf.add(atLogits[0]!, atLogits[1]!);
      const gradient = atAuxiliary === null
        ? atMain
        : packLogits(atMain as tf.Tensor4D, atAuxiliary);
      const scaled = lossScale?.multiply(gradient) ?? gradient;
      // What is as large as the images is freed before the gradients of all activations come
      const more = [atAuxiliary, auxiliary].filter((tensor) => tensor !== null);
      const done = [gradient, atMain, ...atLogits].filter((tensor) => tensor !== scaled);
      tf.dispose([logits, ...more, ...done]);
      const gradients = withPrecision(
        precision,
        () => recording.backward(scaled, weights, { consume: true }),
      );
      const sum = new GradientSum();
      sum.add(gradients);
      if (atWeights.length > 0) sum.add(atWeights.map((one) => scaledBy(lossScale, one)));
      return sum.take();
    },
  };
}

/** A gradient times the loss scale; consumes it. */
function scaledBy(lossScale: Networks["lossScale"], gradient: tf.Tensor | null): tf.Tensor | null {
  if (gradient === null || lossScale === null) return gradient;
  const scaled = lossScale.multiply(gradient);
  gradient.dispose();
  return scaled;
}

/**
 * A scalar and its gradient with respect to `x`, 0 where it does not depend on that; and those with
 * respect to `others`, `null` where it does not.
 *
 * @returns All owned by the caller.
 */
export function scalarGradient(
  compute: () => tf.Scalar,
  x: tf.Tensor,
  others: readonly tf.Tensor[] = [],
): { value: tf.Scalar; gradient: tf.Tensor; more: Gradients } {
  const recording = record(compute);
  const one = tf.scalar(1);
  const [gradient, ...more] = recording.backward(one, [x, ...others]);
  one.dispose();
  return { value: recording.value as tf.Scalar, gradient: gradient ?? tf.zerosLike(x), more };
}
