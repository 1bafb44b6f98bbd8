/**
 * How gradients become updates: gradient clipping and loss scaling for the segmentation network,
 * the discriminator's update at once or after all micro-batches.
 *
 * @module
 */
import { clipGradients } from "../../optim/clip_gradients.ts";
import { GradientSum } from "./micro_batches.ts";
import type { Networks } from "./networks.ts";
import type { Gradients, StepContext, StepLosses } from "./step_context.ts";

/** Takes the gradients of D's weights, which it consumes. */
export interface DiscriminatorUpdate {
  add(gradients: Gradients): void;
  /** Updates D by what micro-batches have added, if anything is left to do. */
  finish(): void;
}

/**
 * D's updates in a step. A batch in one piece updates D at once, as several discriminator steps and
 * `lgTiming: after` need.
 */
export function discriminatorUpdate(
  { discriminator }: Networks,
  { rates, gradientAccumulation = 1 }: StepContext,
): DiscriminatorUpdate {
  const apply = (gradients: Gradients): void =>
    discriminator?.optimizer.apply(gradients, { lr: rates.discriminator });
  if (gradientAccumulation === 1) return { add: apply, finish: () => {} };
  const sum = new GradientSum();
  return { add: (gradients) => sum.add(gradients), finish: () => apply(sum.take()) };
}

/**
 * Updates the segmentation network, unless its scaled gradients overflowed.
 *
 * @param gradients Consumed.
 * @returns `grad/norm` with a clip norm, `loss/scale` with loss scaling; owned by the caller.
 */
export function updateSegmentation(
  { segmentation: { optimizer }, clipNorm, lossScale }: Networks,
  gradients: Gradients,
  { rates }: StepContext,
): StepLosses {
  const lr = rates.segmentation;
  if (lossScale !== null) {
    const scale = lossScale.value.clone();
    const { control, norm } = lossScale.control(gradients, { clipNorm });
    optimizer.apply(gradients, { lr, control });
    control.dispose();
    return { "loss/scale": scale, ...norm !== null && { "grad/norm": norm } };
  }
  if (clipNorm === null) {
    optimizer.apply(gradients, { lr });
    return {};
  }
  const clipped = clipGradients(gradients, { clipNorm });
  optimizer.apply(clipped.gradients, { lr });
  return { "grad/norm": clipped.norm };
}
