/**
 * The extension point of the training loop: what happens beside the steps.
 *
 * @module
 */
import type { HostBatch } from "../../data/loader/batch.ts";
import type { StepLog, TrainEvent } from "../events.ts";
import type { RunFolder } from "../run/run_folder.ts";
import type { Session } from "../run/session.ts";
import type { StateTensor } from "../run/state_tensors.ts";
import type { StepLosses } from "../step/step_context.ts";
import type { EndReason, TrainState } from "../train_state.ts";

/** What the loop offers to its callbacks, which know it and not each other. */
export interface TrainContext {
  readonly session: Session;
  readonly state: TrainState;
  /** Where the run writes; `null`: nowhere. */
  readonly folder: RunFolder | null;
  readonly signal: AbortSignal;
  /** Why the run should end now; `null` if it should go on. */
  endReason(): EndReason | null;
  /** Passes an event to all callbacks, in order. */
  emit(event: TrainEvent): Promise<void>;
  /** Emits a warning. */
  warn(message: string): Promise<void>;
  /**
   * Reads the losses of all steps done. To be called before weights are scored or saved, so that
   * nothing is kept from beyond a NaN.
   *
   * @throws {NonFiniteError} At the first loss that is NaN or infinite.
   */
  flush(): Promise<void>;
  /** Every tensor that the next step depends on, those of callbacks included. */
  stateTensors(): StateTensor[];
}

/** A step that was just done. */
export interface StepResult {
  batch: HostBatch;
  /** Scalars on the device, which the callback that logs them takes over. */
  losses: StepLosses;
  /** What the host knows, such as learning rates. */
  known: StepLog;
}

/** Hooks of the loop; all are awaited, in the order of the list of callbacks. */
export interface Callback {
  /** Each event, one at a time. */
  onEvent?(event: TrainEvent): void | Promise<void>;
  /** Whether this step is logged, so that costly figures are computed with it. */
  isLogged?(step: number): boolean;
  /** After each step. */
  onStep?(result: StepResult): void | Promise<void>;
  /** {@linkcode TrainContext.flush}. */
  onFlush?(): Promise<void>;
  /** After the steps of an epoch, and where the run ends inside one. */
  onEpochEnd?(): Promise<void>;
  /** After `onEpochEnd` of all: the place for what keeps state. */
  onSave?(): Promise<void>;
  /** A reason to end the run. */
  endReason?(): EndReason | null;
  /** An error of a step: resolves to true where training can go on from an earlier state. */
  onError?(error: unknown): Promise<boolean>;
  /** After a return to an earlier state. */
  onRollback?(): void;
  /** Tensors of the callback's own that the run's state includes. */
  stateTensors?(): StateTensor[];
  /** Frees what the callback holds. */
  dispose?(): void;
}
