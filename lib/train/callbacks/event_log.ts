import type { TrainEvent } from "../events.ts";
import type { RunFolder } from "../run/run_folder.ts";
import type { Callback } from "./callback.ts";

/** Writes events into the run's folder and passes them to the caller. */
export function eventLog(
  folder: RunFolder | null,
  onEvent: ((event: TrainEvent) => void) | undefined,
): Callback {
  return {
    async onEvent(event) {
      await folder?.events.append(event);
      onEvent?.(event);
    },
  };
}
