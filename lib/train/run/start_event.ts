/**
 * The first event of a run.
 *
 * @module
 */
import type { InitializationReport } from "../../models/persistence/initialize.ts";
import type { StartEvent } from "../events.ts";
import { parameterCount } from "../step/networks.ts";
import type { Session } from "./session.ts";

/** What a session is about to do, as an event. */
export function startEvent(session: Session): StartEvent {
  const { config, backend, train, networks, stepsPerEpoch, totalSteps, initialization } = session;
  const { discriminator, segmentation } = networks;
  return {
    type: "start",
    time: Date.now(),
    config,
    backend: backend.name,
    device: backend.device,
    build: backend.build,
    classes: train.classes.map(({ name }) => name),
    stepsPerEpoch,
    totalSteps: Math.min(totalSteps, config.train.maxSteps ?? totalSteps),
    parameters: {
      segmentation: parameterCount(segmentation.model.layers),
      discriminator: discriminator === null ? 0 : parameterCount(discriminator.model.layers),
    },
    ...(initialization === null ? {} : { initialization: summaryOf(initialization) }),
  };
}

function summaryOf(report: InitializationReport): NonNullable<StartEvent["initialization"]> {
  const { path, format, origin, copied, zero, fresh, input } = report;
  return { path, format, origin, copied, zero: zero.length, fresh, input };
}
