import type { Config } from "../../config/config.ts";
import type { ResumeEvent } from "../events.ts";
import { learningRates } from "../step/scheduled_step.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Session } from "./session.ts";

/** The event of a run that goes on, with the learning rates on both sides. */
export function resumeEvent(
  { config, stepsPerEpoch }: Session,
  { path, state, provenance: { config: before, data } }: Checkpoint,
  droppedEvents: number,
): ResumeEvent {
  const { step, epoch, rollbacks } = state;
  const rateOf = (config: Config, options: { step: number; stepsPerEpoch: number }): number =>
    learningRates(config, { ...options, rateScale: config.train.rollbackFactor ** rollbacks })
      .segmentation;
  const stepsBefore = Math.floor(data.train.samples / before.data.batch);
  return {
    type: "resume",
    time: Date.now(),
    step,
    epoch,
    checkpoint: path,
    droppedEvents,
    rates: {
      before: rateOf(before, { step: step - 1, stepsPerEpoch: stepsBefore }),
      after: rateOf(config, { step, stepsPerEpoch }),
    },
  };
}
