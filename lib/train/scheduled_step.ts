import * as tf from "@tensorflow/tfjs";
import { normalizationTable } from "../data/transforms/normalize.ts";
import type { HostBatch } from "../data/loader/batch.ts";
import { unpackBatch } from "../engine/ops/unpack_batch.ts";
import { weightDecay } from "../losses/weight_decay.ts";
import { setDropoutStep } from "../models/segmentation_model.ts";
import type { StepLog } from "./events.ts";
import { cosineWithWarmup } from "../optim/schedule.ts";
import type { Session } from "./run/session.ts";
import { type StepLosses, trainStep } from "./train_step.ts";

/**
 * One training step as the schedule has it.
 *
 * @param options Steps done before, and what both learning rates are multiplied by,
 * and whether to `measure` the L2 term too, which looks at every weight.
 * @returns Losses, owned by the caller, and the learning rates.
 */
export function scheduledStep(
  session: Session,
  batch: HostBatch,
  options: { step: number; caution: number; measure: boolean },
): { losses: StepLosses; known: StepLog } {
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

  if (l2 !== null) losses["loss/l2"] = l2;
  const known: StepLog = { "lr/g": rates.generator };
  if (players.adversary !== null) known["lr/d"] = rates.discriminator;
  return { losses, known };
}

function l2Term({ config, players }: Session): tf.Scalar {
  const decaying = players.generator.parameters.filter(({ decays }) => decays);
  return weightDecay(decaying.map(({ weight }) => weight), config.generator.l2);
}
