/**
 * The first event of a run.
 *
 * @module
 */
import type { InitializationReport } from "../../models/persistence/initialize.ts";
import type { StartEvent } from "../events.ts";
import { parameterCount } from "../networks.ts";
import type { Session } from "./session.ts";

/** What a session is about to do, as an event. */
export function startEvent(session: Session): StartEvent {
  const { config, backend, train, players, stepsPerEpoch, totalSteps, initialization } = session;
  const { adversary, generator } = players;
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
      generator: parameterCount(generator.model.layers),
      discriminator: adversary === null ? 0 : parameterCount(adversary.model.layers),
    },
    ...(initialization === null ? {} : { initialization: summaryOf(initialization) }),
  };
}

function summaryOf(report: InitializationReport): NonNullable<StartEvent["initialization"]> {
  const { path, format, origin, copied, zero, fresh, input } = report;
  return { path, format, origin, copied, zero: zero.length, fresh, input };
}
