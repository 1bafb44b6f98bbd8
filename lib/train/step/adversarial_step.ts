/**
 * The adversarial half of Algorithm 1: the updates of D on L_D, and the gradient of α·L_G.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { oneHot } from "../../engine/ops/labels.ts";
import { record, type Recording } from "../../engine/tape.ts";
import {
  type AdversarialLossOptions,
  type DiscriminatorLoss,
  discriminatorLoss,
  generatorLoss,
} from "../../losses/adversarial/discriminator_losses.ts";
import { validMask } from "../../losses/valid_mask.ts";
import { discriminatorLogits, iterateSpectralNorm } from "../../models/discriminator.ts";
import { probabilityMap } from "../../models/segmentation_model.ts";
import { type ForwardPass, scalarGradient } from "./recorded_pass.ts";
import { GradientSum, type MicroBatch } from "./gradients.ts";
import type { DiscriminatorState, Networks } from "./networks.ts";
import type { Gradients, StepLosses } from "./step_context.ts";

/** A micro-batch, and the segmentation network's logits on it. */
type Inputs = Pick<ForwardPass, "logits" | "upsampleOrder"> & MicroBatch;

/** Smallest probability whose logarithm D takes: below it G gets no gradient (input: logits). */
const LOG_FLOOR = 1e-4;

/** What the passes of one step share. */
interface Pass extends Inputs {
  networks: Networks & { discriminator: DiscriminatorState };
  options: AdversarialLossOptions;
}

/**
 * α·L_G for the segmentation network, and k updates of D on L_D, for which predictions are
 * constants; `null` without a discriminator.
 *
 * Where L_G and L_D take the same maps through the same D (T_g = T_d, `lgTiming: before`), D's
 * forward pass is shared: both losses are propagated back through one recording.
 *
 * @param update Is given the gradients of D's weights, which it consumes, for each update.
 * @returns d(α·L_G) / d(logits) and the losses, owned by the caller.
 */
export function adversarialStep(
  networks: Networks,
  inputs: Inputs,
  update: (gradients: Gradients) => void,
): { gradient: tf.Tensor; losses: StepLosses } | null {
  const { discriminator, temperatures: { tg, td } } = networks;
  if (discriminator === null) return null;
  const { config: { discriminatorSteps, lgTiming, frozenBatchNorm } } = discriminator;
  const mask = validMask(inputs.labels);
  const batchMask = inputs.share < 1 ? { batchMask: validMask(inputs.batchLabels) } : {};
  const { model, loss, config } = discriminator;
  const options = { discriminator: model, loss, config, mask, valid: inputs.valid, ...batchMask };
  const pass: Pass = { ...inputs, networks: { ...networks, discriminator }, options };
  const isShared = tg === td && lgTiming === "before" && !frozenBatchNorm;
  if (inputs.index === 0) iterateSpectralNorm(model);

  let generator = lgTiming === "before" && !isShared ? generatorGradient(pass) : null;
  let losses: StepLosses = {};
  for (let k = 0; k < discriminatorSteps; k++) {
    tf.dispose(losses);
    const real = backwardLoss(forwardLabels(pass), "real", pass);
    const forward = forwardPredictions(pass, { temperature: td, updatesD: true });
    if (isShared && k === 0) generator = generatorGradientFrom(forward, pass);
    const fake = backwardLoss(forward, "fake", pass);
    const sum = new GradientSum();
    sum.add(real.gradients);
    sum.add(fake.gradients);
    update(sum.take());
    losses = lossesOf(real, fake);
  }
  const { gradient, value } = generator ?? generatorGradient(pass);
  tf.dispose([mask, batchMask]);
  return { gradient, losses: { "loss/gen": value, ...losses } };
}

/** α·L_G by a forward pass of D of its own. */
function generatorGradient(pass: Pass): { gradient: tf.Tensor; value: tf.Scalar } {
  const { tg } = pass.networks.temperatures;
  const forward = forwardPredictions(pass, { temperature: tg, updatesD: false });
  const generator = generatorGradientFrom(forward, pass);
  forward.value.dispose();
  forward.dispose();
  return generator;
}

/** L_G, and α times its gradient at the logits; the recording can be used again. */
function generatorGradientFrom(
  forward: Recording,
  { logits, options, networks }: Pass,
): { gradient: tf.Tensor; value: tf.Scalar } {
  const discriminatorLogits = forward.value as tf.Tensor4D;
  let loss: tf.Scalar | undefined;
  const weighted = scalarGradient(() => {
    loss = tf.keep(generatorLoss(discriminatorLogits, options));
    return tf.mul(loss, networks.discriminator.config.weight);
  }, discriminatorLogits);
  const [gradient] = forward.backward(weighted.gradient, [logits], { keep: true });
  tf.dispose([weighted.gradient, weighted.value]);
  return { gradient: gradient!, value: loss! };
}

/** One half of L_D, and its gradients with respect to D's weights. Uses the recording up. */
function backwardLoss(
  forward: Recording,
  target: "real" | "fake",
  { options, networks }: Pass,
): DiscriminatorLoss & { gradients: Gradients } {
  const discriminatorLogits = forward.value as tf.Tensor4D;
  let half: DiscriminatorLoss | undefined;
  const { gradient, value } = scalarGradient(() => {
    half = discriminatorLoss(discriminatorLogits, target, options);
    for (const scalar of [half.loss, half.mean, half.accuracy]) tf.keep(scalar);
    return half.loss.clone();
  }, discriminatorLogits);
  const weights = networks.discriminator.parameters.map(({ weight }) => weight);
  const gradients = forward.backward(gradient, weights);
  tf.dispose([gradient, discriminatorLogits, value]);
  return { ...half!, gradients };
}

/** D's forward pass on the labels, one-hot. */
function forwardLabels(pass: Pass): Recording {
  const { labels, networks: { segmentation } } = pass;
  return record(() => {
    const maps = oneHot(labels, segmentation.model.classes) as tf.Tensor4D;
    return forwardMaps(maps, pass, { updatesD: true, frozenBatchNorm: false });
  });
}

/** D's forward pass on p_T, from the logits on. */
function forwardPredictions(
  pass: Pass,
  { temperature, updatesD }: { temperature: number; updatesD: boolean },
): Recording {
  const { logits, upsampleOrder, labels, networks } = pass;
  const [, height, width] = labels.shape;
  const frozenBatchNorm = !updatesD && networks.discriminator.config.frozenBatchNorm;
  return record(() => {
    const maps = probabilityMap(logits, { temperature, upsampleOrder, height, width });
    return forwardMaps(maps, pass, { updatesD, frozenBatchNorm });
  });
}

function forwardMaps(
  maps: tf.Tensor4D,
  { networks: { discriminator: { model, config } }, options: { mask }, images }: Pass,
  mode: { updatesD: boolean; frozenBatchNorm: boolean },
): tf.Tensor4D {
  const { input, imageScale } = config.discriminator;
  const taken = input === "logits" ? tf.log(tf.maximum(maps, LOG_FLOOR)) as tf.Tensor4D : maps;
  const inputs = config.maskInputs ? tf.mul(taken, mask) as tf.Tensor4D : taken;
  return discriminatorLogits(model, inputs, {
    batchStatistics: !mode.frozenBatchNorm,
    updateStatistics: mode.updatesD,
    ...model.takesImage && { images: tf.mul(images, imageScale) as tf.Tensor4D },
  });
}

/** L_D and what is logged of both of its terms. */
function lossesOf(real: DiscriminatorLoss, fake: DiscriminatorLoss): StepLosses {
  return tf.tidy(() => {
    const losses = {
      "loss/d": tf.add(real.loss, fake.loss) as tf.Scalar,
      "d/accuracy": tf.mul(tf.add(real.accuracy, fake.accuracy), 0.5) as tf.Scalar,
    };
    tf.dispose([real.loss, fake.loss, real.accuracy, fake.accuracy]);
    return { ...losses, "d/real": real.mean, "d/fake": fake.mean };
  });
}
