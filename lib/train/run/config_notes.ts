/**
 * What a configuration does that its user may not expect: a line each, said before the first step.
 *
 * @module
 */
import type { Config } from "../../config/config.ts";
import { microBatchCount } from "../../config/run_config.ts";
import { segmentationLosses } from "../../losses/segmentation/loss_config.ts";

/** Says where `train.maxSteps` ends a run before the learning rate has reached its peak. */
export function warmupNote(
  { schedule: { warmupEpochs }, train: { maxSteps } }: Config,
  stepsPerEpoch: number,
): string[] {
  const warmup = warmupEpochs * stepsPerEpoch;
  if (maxSteps === null || maxSteps >= warmup) return [];
  return [
    `train.maxSteps ${maxSteps} ends the run inside the ${Math.ceil(warmup)} steps of ` +
    "schedule.warmupEpochs: the learning rate never reaches its peak",
  ];
}

/** Says that what never learned anything is kept so. */
export function frozenNote({ model: { freeze, init } }: Config): string[] {
  if (freeze === "none" || init !== "random") return [];
  return [
    `model.freeze ${freeze} keeps the random start of these layers: set model.init to weights, or ` +
    "model.freeze to none",
  ];
}

/** Terms of L_seg that micro-batches make another loss of. */
export function microBatchWarnings({ loss, train, data }: Config): string[] {
  const parts = microBatchCount(train);
  const terms = loss.terms.map(({ name }) => segmentationLosses.get(name))
    .filter(({ isPixelMean }) => !isPixelMean);
  if (parts === 1 || terms.length === 0) return [];
  return [
    `train.gradientAccumulation ${parts} takes ${
      terms.map(({ name }) => name).join(", ")
    } of each ` +
    `micro-batch of ${data.batch / parts} samples and averages: not the loss of the whole batch`,
  ];
}
