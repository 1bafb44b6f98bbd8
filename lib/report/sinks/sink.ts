import type { TrainEvent } from "../../train/events.ts";
import type { RegistryEntry } from "../../util/registry.ts";

/** Receives the events of a run, in order. */
export interface Sink {
  write(event: TrainEvent): void;
}

/** The open files of one sink. */
export interface SinkFiles extends Sink {
  /** Removes, or marks as void, what the files hold of steps after `step`: they are repeated. */
  keepUntil(step: number): void;
}

/** A format that events can be written in. */
export interface SinkEntry extends RegistryEntry {
  /** Whether a run's folder holds files of this sink. */
  isIn(folder: string): boolean;
  /**
   * Opens the files below a run's folder, which may hold those of an interrupted run.
   *
   * @throws {Error} If the folder cannot be written.
   */
  open(folder: string): SinkFiles;
}
