/**
 * Algorithm 1 (method.md): one update of the discriminator and one of the segmentation network,
 * from a single forward pass of the latter.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { segmentationLosses } from "../../losses/segmentation/loss_config.ts";
import { segmentationLoss } from "../../losses/segmentation/segmentation_loss.ts";
import { adversarialStep } from "./adversarial_step.ts";
import { type ForwardPass, forwardPass, scalarGradient } from "./recorded_pass.ts";
import {
  discriminatorUpdate,
  type MicroBatch,
  overMicroBatches,
  updateSegmentation,
} from "./gradients.ts";
import type { Networks } from "./networks.ts";
import type { Batch, Gradients, StepContext, StepLosses } from "./step_context.ts";

/**
 * One training step (method.md, "Algorithm 1"). Updates weights, batch-norm statistics and optimiser
 * states in place.
 *
 * @param networks The networks; without a discriminator L_seg alone trains.
 * @param batch A batch without a valid pixel has losses of 0 and moves nothing but momentum and
 * weight decay.
 * @returns `loss/seg`, in mixed precision `loss/scale`, with a clip norm `grad/norm` (before
 * clipping), and with a discriminator `loss/gen`, `loss/d`, `d/real`, `d/fake`, `d/accuracy`; owned
 * by the caller.
 *
 * @example
 * ```ts
 * import { loadConfig, tf, useBackend } from "@segadv/segadv";
 * import { createNetworks, disposeNetworks, trainStep } from "@segadv/segadv/train";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "wasm" });
 * const config = await loadConfig({ preset: "fixtures", overrides: ["model.width=0.05"] });
 * const networks = createNetworks(config, { classes: 3 });
 * const batch = {
 *   images: tf.zeros<tf.Rank.R4>([1, 32, 32, 3]),
 *   labels: tf.zeros<tf.Rank.R3>([1, 32, 32], "int32"),
 *   valid: 32 * 32,
 * };
 * const rates = { segmentation: 0.01, discriminator: 1e-4 };
 * const losses = trainStep(networks, batch, { rates });
 * assert.equal((await losses["loss/seg"]!.data())[0]!.toFixed(4), Math.log(3).toFixed(4));
 * disposeNetworks(networks, { keepModel: false });
 * ```
 */
export function trainStep(networks: Networks, batch: Batch, context: StepContext): StepLosses {
  const updateD = discriminatorUpdate(networks, context);
  const { gradients, losses } = overMicroBatches(batch, context, (micro) => {
    // 1. z = G(x), once: all probability maps come from these logits
    const forward = forwardPass(networks, micro, context);

    // 2. D ← D − Adam(∇ L_D): labels are real, p_Td fake and constant;  3. ∇z α·L_G, through D
    const adversarial = adversarialStep(networks, { ...micro, ...forward }, updateD.add);

    // 4. ∇z L_seg; where there is an auxiliary head, the gradient at its logits as well
    const seg = segmentationGradient(networks, micro, forward);

    // 5. ∇ L_total of G's weights, from its gradient at z; the optimiser adds weight decay
    const atLogits = adversarial === null ? [seg.gradient] : [adversarial.gradient, seg.gradient];
    const aux = auxiliaryGradient(networks, micro, forward);
    const { atWeights } = seg;
    const gradients = forward.backward(atLogits, { atWeights, atAuxiliary: aux?.gradient ?? null });
    return { gradients, losses: { ...seg.losses, ...aux?.losses, ...adversarial?.losses } };
  });
  updateD.finish();

  // 6. G ← G − SGD(∇ L_total)
  const more = updateSegmentation(networks, gradients, context);
  networks.average?.update(networks.segmentation.optimizer.steps);
  return { ...losses, ...more };
}

/** L_seg, and its gradients with respect to the logits and to the weights that a term reads. */
function segmentationGradient(
  networks: Networks,
  { labels, batchLabels, valid, share }: MicroBatch,
  { logits, upsampleOrder }: ForwardPass,
): { gradient: tf.Tensor; atWeights: Gradients; losses: StepLosses } {
  const { classWeights, temperatures: { seg: temperature } } = networks;
  const batch = { labels, batchLabels, valid, share };
  const { losses, segmentation: { parameters } } = networks;
  const isRead = losses.some(({ loss }) => loss.readsWeights);
  const weights = isRead ? parameters.filter((one) => one.decays).map((one) => one.weight) : [];
  const inputs = { logits, ...batch, temperature, upsampleOrder, classWeights, weights };
  const { gradient, value, more } = scalarGradient(
    () => segmentationLoss(inputs, losses),
    logits,
    weights,
  );
  const atWeight = new Map(weights.map((weight, i) => [weight, more[i]!]));
  const atWeights = isRead ? parameters.map(({ weight }) => atWeight.get(weight) ?? null) : [];
  return { gradient, atWeights, losses: { "loss/seg": value } };
}

/** Cross-entropy of the auxiliary head times its weight, and its gradient; `null` without a head. */
function auxiliaryGradient(
  networks: Networks,
  { labels, batchLabels, valid, share }: MicroBatch,
  { auxiliary, upsampleOrder }: ForwardPass,
): { gradient: tf.Tensor4D; losses: StepLosses } | null {
  if (auxiliary === null) return null;
  const { classWeights, auxWeight: weight, temperatures: { seg: temperature } } = networks;
  const batch = { labels, batchLabels, valid, share };
  const inputs = { logits: auxiliary, ...batch, temperature, upsampleOrder, classWeights };
  const terms = [{ loss: segmentationLosses.get("ce"), weight }];
  const { gradient, value } = scalarGradient(() => segmentationLoss(inputs, terms), auxiliary);
  return { gradient: gradient as tf.Tensor4D, losses: { "loss/aux": value } };
}
