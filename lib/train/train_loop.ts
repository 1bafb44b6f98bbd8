/**
 * The training loop, top to bottom: epochs of steps, with callbacks beside them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { HostBatch } from "../data/loader/batch.ts";
import {
  type EpochOptions,
  openTrainLoader,
  type TrainLoader,
} from "../data/loader/train_loader.ts";
import { weightsSha256 } from "../weights/hash.ts";
import type { Callback, StepResult, TrainContext } from "./callbacks/callback.ts";
import { CheckpointManager } from "./callbacks/checkpoint.ts";
import { earlyStopping } from "./callbacks/early_stopping.ts";
import { eventLog } from "./callbacks/event_log.ts";
import { ganMonitor } from "./callbacks/gan_monitor.ts";
import { LossLog, Throughput } from "./callbacks/loss_log.ts";
import { sampleWarnings } from "./callbacks/sample_warnings.ts";
import { Validation } from "./callbacks/validation.ts";
import { describeFault, NonFiniteNetworkError } from "../models/non_finite.ts";
import { InterruptedRunError, NonFiniteError, nonFiniteState } from "./errors.ts";
import type { TrainEvent, TrainResult } from "./events.ts";
import type { Checkpoint } from "./run/checkpoint.ts";
import type { RunFolder } from "./run/run_folder.ts";
import { resumeEvent } from "./run/resume_event.ts";
import { metadataOf, type Session, startEvent } from "./run/session.ts";
import { stateTensors } from "./run/state_tensors.ts";
import { scheduledStep } from "./step/scheduled_step.ts";
import { type EndReason, TrainState } from "./train_state.ts";

/** Where a run writes, what it reports to and listens to. */
export interface LoopOptions {
  /** `null`: nothing is written. */
  folder: RunFolder | null;
  onEvent?: ((event: TrainEvent) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Where to go on from; the loop closes it. @default from the first step */
  checkpoint?: Checkpoint | undefined;
  /** Whether the checkpoint's scores are not comparable with those to come. @default false */
  newYardstick?: boolean;
  /** Emitted once the run has begun. */
  warnings: readonly string[];
}

/**
 * Runs a session's epochs.
 *
 * @throws {NonFiniteError} If a loss or weight is NaN or infinite, and no rollback helps.
 * @throws {InterruptedRunError} If anything else fails after the first checkpoint.
 */
export async function trainLoop(session: Session, options: LoopOptions): Promise<TrainResult> {
  const loop = new TrainLoop(session, options);
  try {
    const resumedAt = options.checkpoint === undefined
      ? await loop.begin()
      : await loop.beginFrom(options.checkpoint, options.newYardstick === true);
    return { ...await loop.run(options.warnings), resumedAt };
  } finally {
    await loop.dispose();
  }
}

/** One run in progress: what its callbacks share, and the order of things. */
class TrainLoop implements TrainContext {
  readonly session: Session;
  readonly state: TrainState = new TrainState();
  readonly folder: RunFolder | null;
  readonly signal: AbortSignal;
  readonly #callbacks: readonly Callback[];
  readonly #checkpoints: CheckpointManager;
  readonly #throughput = new Throughput();
  readonly #loader: TrainLoader;

  constructor(session: Session, options: LoopOptions) {
    this.session = session;
    this.folder = options.folder;
    this.signal = options.signal ?? new AbortController().signal;
    this.#checkpoints = new CheckpointManager(this);
    this.#callbacks = [
      eventLog(options.folder, options.onEvent),
      new LossLog(this, this.#throughput),
      sampleWarnings(this),
      ganMonitor(this),
      new Validation(this),
      earlyStopping(this),
      this.#checkpoints,
    ];
    const { config: { data, seed }, train, repeats } = session;
    this.#loader = openTrainLoader({ dataset: train, config: data, seed, repeats });
  }

  async begin(): Promise<null> {
    await this.emit(startEvent(this.session));
    return null;
  }

  /** Takes over the state of a checkpoint; what the log says of later steps happens again. */
  async beginFrom(checkpoint: Checkpoint, newYardstick: boolean): Promise<number> {
    const { state: { step, eventBytes } } = checkpoint;
    await this.#checkpoints.restore(checkpoint);
    if (newYardstick) Object.assign(checkpoint.state, { best: null, last: null });
    this.state.continueFrom(checkpoint.state);
    this.#checkpoints.savedStep = step;
    await this.folder!.writeConfig(this.session.config);
    const droppedEvents = await this.folder!.events.cut(eventBytes);
    await this.emit(startEvent(this.session));
    await this.emit(resumeEvent(this.session, checkpoint, droppedEvents));
    return step;
  }

  /** Trains to the end, and saves the last network. */
  async run(warnings: readonly string[]): Promise<Omit<TrainResult, "resumedAt">> {
    try {
      for (const warning of warnings) await this.warn(warning);
      while (!await this.#trainOrRecover());
      const { average, segmentation: { model } } = this.session.networks;
      average?.swap(); // for good: what the run leaves behind is the average
      await this.folder?.save("model", model, metadataOf(this.session));
      return await this.#end(this.endReason() ?? "finished");
    } catch (error) {
      throw await this.#fail(this.#located(error) as Error);
    }
  }

  /** Whether all is trained; false after a return to an earlier state. */
  async #trainOrRecover(): Promise<boolean> {
    try {
      await this.#trainEpochs();
      await this.flush();
      return true;
    } catch (thrown) {
      const error = this.#located(thrown);
      for (const callback of this.#callbacks) {
        if (await callback.onError?.(error) !== true) continue;
        await this.#each((one) => one.onRollback?.());
        await this.warn(
          `${(error as Error).message}: went back to step ${this.state.step}, learning rates are ` +
            `${this.#rateScale} of what they were`,
        );
        return false;
      }
      throw error;
    }
  }

  /** An error of a network that is not finite, with its place in the run; any other as it is. */
  #located(error: unknown): unknown {
    if (!(error instanceof NonFiniteNetworkError)) return error;
    return nonFiniteState(describeFault(error.fault), this.state);
  }

  /** Epochs of steps, validation and a checkpoint, until there is a reason to end. */
  async #trainEpochs(): Promise<void> {
    const { config, stepsPerEpoch } = this.session;
    const { state, signal } = this;
    while (state.epoch <= config.train.epochs) {
      if (this.endReason() === null) await this.#trainEpoch();
      // The scores of a run that stops inside an epoch are not part of what it may go on from
      const isInside = state.epochStep < stepsPerEpoch;
      if (isInside) await this.#each((callback) => callback.onSave?.());
      if (!signal.aborted) await this.#each((callback) => callback.onEpochEnd?.());
      if (isInside) return;
      if (!signal.aborted) state.countEpoch();
      await this.#each((callback) => callback.onSave?.());
      if (this.endReason() !== null) return;
    }
  }

  /** The steps of an epoch that are not done yet. */
  async #trainEpoch(): Promise<void> {
    const { state, session } = this;
    const batches = untilAborted(this.#loader, {
      epoch: state.epoch - 1,
      startStep: state.epochStep,
      signal: this.signal,
    });
    for await (const batch of this.#throughput.timed(batches)) {
      const measure = this.#callbacks.some((one) => one.isLogged?.(state.step + 1));
      const step = { step: state.step, rateScale: this.#rateScale, measure };
      const result: StepResult = { batch, ...scheduledStep(session, batch, step) };
      state.countStep();
      await checkErrors(session, result);
      await this.#each((callback) => callback.onStep?.(result));
      if (this.endReason() !== null) break;
    }
  }

  endReason(): EndReason | null {
    if (this.signal.aborted) return "aborted";
    const { maxSteps } = this.session.config.train;
    if (maxSteps !== null && this.state.step >= maxSteps) return "max-steps";
    for (const callback of this.#callbacks) {
      const reason = callback.endReason?.() ?? null;
      if (reason !== null) return reason;
    }
    return null;
  }

  // As properties, so that callbacks can take them apart
  readonly emit = async (event: TrainEvent): Promise<void> => {
    await this.#each((callback) => callback.onEvent?.(event));
  };

  readonly warn = async (message: string): Promise<void> => {
    await this.emit({ type: "warning", time: Date.now(), step: this.state.step, message });
  };

  async flush(): Promise<void> {
    await this.#each((callback) => callback.onFlush?.());
  }

  stateTensors(): ReturnType<typeof stateTensors> {
    const own = this.#callbacks.flatMap((callback) => callback.stateTensors?.() ?? []);
    return [...stateTensors(this.session.networks), ...own];
  }

  async dispose(): Promise<void> {
    await this.#loader.close();
    for (const callback of this.#callbacks) callback.dispose?.();
  }

  /** What learning rates are multiplied by: below 1 after a return to a checkpoint. */
  get #rateScale(): number {
    return this.session.config.train.rollbackFactor ** this.state.rollbacks;
  }

  async #each(action: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.#callbacks) await action(callback);
  }

  async #end(reason: EndReason): Promise<Omit<TrainResult, "resumedAt">> {
    const { numTensors: tensors, numBytes: bytes } = tf.memory();
    const { backend, networks } = this.session;
    const { step, best, last, skipped } = this.state;
    const weightsHash = await weightsSha256(networks.segmentation.model.layers);
    const { seconds } = this.state;
    await this.emit({
      type: "end",
      time: Date.now(),
      step,
      reason,
      seconds,
      weightsSha256: weightsHash,
      memory: { tensors, bytes, peakBytes: backend.peakBytes() },
      ...(skipped.size > 0 && { skipped: skipped.size }),
    });
    return {
      run: this.folder?.path ?? null,
      backend: backend.name,
      steps: step,
      seconds,
      best,
      last,
      weightsSha256: weightsHash,
      reason,
    };
  }

  /** Emits an error, and says what is left of the run. */
  async #fail(error: Error): Promise<Error> {
    const { folder, state: { step } } = this;
    const resumable = folder === null ? null : this.#checkpoints.savedStep;
    try {
      if (error instanceof NonFiniteError) await this.#end("non-finite");
      else {
        const { message } = error;
        await this.emit({ type: "failure", time: Date.now(), step, message, resumable });
      }
    } catch {
      // a full disk or a lost device: the error itself says so
    }
    if (error instanceof NonFiniteError || folder === null || resumable === null) return error;
    return new InterruptedRunError(error, { run: folder.path, step: resumable });
  }
}

/** Throws what the device reported of the step, which then leaves nothing behind. */
async function checkErrors({ backend }: Session, { losses }: StepResult): Promise<void> {
  try {
    await backend.checkErrors();
  } catch (error) {
    tf.dispose(losses);
    throw error;
  }
}

/** The batches of an epoch; an abort ends them as if there were no more. */
async function* untilAborted(
  loader: TrainLoader,
  options: EpochOptions,
): AsyncGenerator<HostBatch> {
  try {
    yield* loader.batches(options);
  } catch (error) {
    if (options.signal?.aborted !== true || error !== options.signal.reason) throw error;
  }
}
