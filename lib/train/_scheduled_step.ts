import * as tf from "@tensorflow/tfjs";
import { normalizationTable } from "../data/normalize.ts";
import type { Batch as HostBatch } from "../data/batch.ts";
import { unpackBatch } from "../engine/ops/unpack_batch.ts";
import { weightDecay } from "../losses/weight_decay.ts";
import { setDropoutStep } from "../models/segmentation_model.ts";
import { cosineWithWarmup } from "./schedule.ts";
import type { Session } from "./session.ts";
import { type StepLosses, trainStep } from "./step.ts";

/**
 * One training step as the schedule has it.
 *
 * @param options Steps done before, and what both learning rates are multiplied by,
 * and whether to `measure` the L2 term too, which looks at every weight.
 * @returns Losses and rates, owned by the caller.
 */
export function scheduledStep(
  session: Session,
  batch: HostBatch,
  options: { step: number; caution: number; measure: boolean },
): StepLosses {
  const { config, players, totalSteps, stepsPerEpoch } = session;
  const { step, caution } = options;
  const { crop: [height, width], batch: size } = config.data;
  const warmupSteps = config.train.warmupEpochs * stepsPerEpoch;
  const rate = (base: number) =>
    caution * cosineWithWarmup(step, { base, warmupSteps, totalSteps });
  const rates = {
    generator: rate(config.generator.lr),
    discriminator: rate(config.discriminator.lr),
  };

  setDropoutStep(players.generator.model, { seed: config.seed, step });
  const { images, labels } = unpackBatch(batch.bytes, {
    shape: [size, height, width],
    ...normalizationTable(config.data.normalize),
  });
  // Before the update, like the other terms of this step's total.
  const l2 = options.measure ? l2Term(session) : null;
  const losses = trainStep(players, { images, labels, valid: batch.valid }, rates);
  tf.dispose([images, labels]);

  losses["lr/g"] = tf.scalar(rates.generator);
  if (players.adversary !== null) losses["lr/d"] = tf.scalar(rates.discriminator);
  if (l2 !== null) losses["loss/l2"] = l2;
  return losses;
}

function l2Term({ config, players }: Session): tf.Scalar {
  const decaying = players.generator.parameters.filter(({ decays }) => decays);
  return weightDecay(decaying.map(({ weight }) => weight), config.generator.l2);
}
