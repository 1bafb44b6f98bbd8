import * as tf from "@tensorflow/tfjs";
import type { HostBatch } from "../../data/loader/batch.ts";
import { weightDecay } from "../../losses/weight_decay.ts";
import type { Config } from "../../config/config.ts";
import { extendedRate } from "../../optim/extensions.ts";
import { optimizers } from "../../optim/optimizer_config.ts";
import { schedules } from "../../optim/schedule_config.ts";
import type { StepLog } from "../events.ts";
import type { Session } from "../run/session.ts";
import type { StepContext, StepLosses } from "./step_context.ts";
import { trainStep } from "./train_step.ts";
import { uploadBatch } from "./upload_batch.ts";

/**
 * One training step with the schedule's learning rates.
 *
 * @param options Steps done before, what both learning rates are multiplied by, and whether to
 * `measure` the weight-decay term too, which reads every weight.
 * @returns Losses, owned by the caller, and the learning rates.
 */
export function scheduledStep(
  session: Session,
  batch: HostBatch,
  options: { step: number; rateScale: number; measure: boolean },
): { losses: StepLosses; known: StepLog } {
  const { config, networks } = session;
  const { step, rateScale } = options;
  const rates = learningRates(config, { step, rateScale, stepsPerEpoch: session.stepsPerEpoch });
  // Before the update, like the other terms of this step's total.
  const l2 = options.measure ? l2Term(session) : null;
  const losses = runStep(session, batch, { step, rates });
  if (l2 !== null) losses["loss/l2"] = l2;
  const known: StepLog = { "lr/g": rates.segmentation };
  if (networks.discriminator !== null) known["lr/d"] = rates.discriminator;
  return { losses, known };
}

/**
 * One training step with given learning rates, all else as the configuration says.
 *
 * @returns Losses, owned by the caller.
 */
export function runStep(
  { config, networks }: Pick<Session, "config" | "networks">,
  batch: HostBatch,
  { step, rates }: { step: number; rates: StepContext["rates"] },
): StepLosses {
  const { seed, train } = config;
  const { images, labels } = uploadBatch(batch, config.data);
  const dropout = { seed, step };
  const { precision, gradientAccumulation, gradientCheckpointing, batchNorm } = train;
  const memory = { gradientAccumulation, gradientCheckpointing, batchNorm };
  const context = { rates, dropout, precision, ...memory };
  const losses = trainStep(networks, { images, labels, valid: batch.valid }, context);
  tf.dispose([images, labels]);
  return losses;
}

/** Learning rates of a step, both times what a rollback has left of them. */
export function learningRates(
  { schedule, train: { epochs }, optimizer, adversarial }: Config,
  options: { step: number; rateScale: number; stepsPerEpoch: number },
): StepContext["rates"] {
  const { step, rateScale, stepsPerEpoch } = options;
  const { name, warmupEpochs, extensions } = schedule;
  const extent = { warmupEpochs, extensions, epochs, stepsPerEpoch };
  const rate = (base: number): number =>
    rateScale *
    extendedRate({ entry: schedules.get(name), options: schedule, base, ...extent }, step);
  return { segmentation: rate(optimizer.lr), discriminator: rate(adversarial.discriminator.lr) };
}

function l2Term({ config: { optimizer }, networks }: Session): tf.Scalar {
  const decaying = networks.segmentation.parameters.filter(({ decays }) => decays);
  const lambda = optimizers.get(optimizer.name).lambda(optimizer);
  return weightDecay(decaying.map(({ weight }) => weight), lambda);
}
