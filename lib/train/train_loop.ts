import * as tf from "@tensorflow/tfjs";
import type { HostBatch, SkippedSample } from "../data/loader/batch.ts";
import {
  type EpochOptions,
  openTrainLoader,
  type TrainLoader,
} from "../data/loader/train_loader.ts";
import { weightsSha256 } from "../weights/hash.ts";
import type { Checkpoint } from "./run/checkpoint.ts";
import type { EndEvent } from "./events.ts";
import { InterruptedRunError } from "./run/interrupted_run_error.ts";
import { Keeper } from "./callbacks/checkpoint_manager.ts";
import { NonFiniteError } from "./non_finite_error.ts";
import { Progress } from "./run/progress.ts";
import { type Audience, Reporter } from "./callbacks/event_logger.ts";
import { scheduledStep } from "./scheduled_step.ts";
import type { Session } from "./run/session.ts";
import { startEvent } from "./run/start_event.ts";
import type { TrainResult } from "./run/train_result.ts";
import { Validator } from "./callbacks/validation.ts";

/** What a run reports to and listens to. */
export interface RunOptions extends Audience {
  signal?: AbortSignal | undefined;
}

/** One run in progress: its epochs, and how it begins and ends. */
export class Run {
  readonly #session: Session;
  readonly #folder: RunOptions["folder"];
  readonly #progress: Progress;
  readonly #reporter: Reporter;
  readonly #keeper: Keeper;
  readonly #validator: Validator;
  readonly #loader: TrainLoader;
  readonly #signal: AbortSignal | undefined;
  /** Names of damaged samples that were left out. */
  readonly #skipped: Set<string> = new Set();
  #resumedAt: number | null = null;

  constructor(session: Session, options: RunOptions) {
    const progress = new Progress(session.config, options);
    const reporter = new Reporter(session, { ...options, progress });
    this.#session = session;
    this.#folder = options.folder;
    this.#progress = progress;
    this.#reporter = reporter;
    const keeper = this.#keeper = new Keeper(session, { ...options, progress, reporter });
    const { config, train } = session;
    this.#loader = openTrainLoader({ dataset: train, config: config.data, seed: config.seed });
    this.#signal = options.signal;
    this.#validator = new Validator(session, { ...options, progress, reporter, keeper });
  }

  /** All of it, from the first step. */
  async start(warnings: readonly string[] = []): Promise<TrainResult> {
    return await this.#closing(async () => {
      await this.#reporter.emit(startEvent(this.#session));
      return await this.#execute(warnings);
    });
  }

  /** Goes on from a checkpoint; `warnings` are said once the run has begun. */
  async resume(checkpoint: Checkpoint, warnings: readonly string[]): Promise<TrainResult> {
    const { path, state } = checkpoint;
    const { step, epoch, eventBytes } = state;
    return await this.#closing(async () => {
      await this.#keeper.restore(checkpoint);
      this.#progress.continueFrom(state);
      this.#resumedAt = this.#keeper.savedStep = step;
      await this.#folder!.writeConfig(this.#session.config);
      const droppedEvents = await this.#folder!.events.cut(eventBytes);
      await this.#reporter.emit(startEvent(this.#session));
      const time = Date.now();
      await this.#reporter.emit({
        type: "resume",
        time,
        step,
        epoch,
        checkpoint: path,
        droppedEvents,
      });
      return await this.#execute(warnings);
    });
  }

  /** Frees what the run holds once an action is over, however it ends. */
  async #closing<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } finally {
      await this.#loader.close();
      this.#reporter.dispose();
    }
  }

  async #execute(warnings: readonly string[]): Promise<TrainResult> {
    try {
      for (const warning of warnings) await this.#reporter.warn(warning);
      await this.#tellSkipped(this.#session.skipped);
      let done = false;
      while (!done) {
        done = await this.#trainEpochs().then(() => this.#reporter.report()).then(
          () => true,
          (error) => this.#keeper.rollBack(error).then(() => false),
        );
      }
      await this.#keeper.saveModel("model");
      return await this.#end(this.#progress.endReason ?? "finished");
    } catch (error) {
      throw await this.#fail(error as Error);
    }
  }

  /** Epochs of steps, validation and a checkpoint, until there is a reason to end. */
  async #trainEpochs(): Promise<void> {
    const { config, stepsPerEpoch } = this.#session;
    const progress = this.#progress;
    while (progress.epoch <= config.train.epochs) {
      if (progress.endReason === null) await this.#trainEpoch();
      if (!progress.isAborted && this.#validator.isDue) await this.#validator.validate();
      if (!progress.isAborted && progress.epochStep === stepsPerEpoch) progress.countEpoch();
      await this.#keeper.write();
      if (progress.endReason !== null) return;
    }
  }

  /** The steps of an epoch that are not done yet. */
  async #trainEpoch(): Promise<void> {
    const [progress, reporter] = [this.#progress, this.#reporter];
    const batches = untilAborted(this.#loader, {
      epoch: progress.epoch - 1,
      startStep: progress.epochStep,
      signal: this.#signal,
    });
    for await (const batch of reporter.throughput.timed(batches)) {
      const { step, rateScale } = progress;
      const measure = reporter.isTold(step + 1);
      const { losses, known } = scheduledStep(this.#session, batch, { step, rateScale, measure });
      progress.countStep();
      reporter.add({ losses, known, ids: batch.ids });
      await this.#session.backend.checkErrors();
      await this.#tellSkipped(batch.skipped);
      if (reporter.isDue(progress.step)) await reporter.report();
      if (batch.valid === 0) await reporter.warn(`no valid pixel in ${batch.ids.join(", ")}`);
      if (progress.endReason !== null) break;
      if (this.#keeper.isDue) await this.#keeper.write();
    }
  }

  /** Names each damaged sample once. */
  async #tellSkipped(samples: readonly SkippedSample[]): Promise<void> {
    for (const { id, message } of samples) {
      if (this.#skipped.has(id)) continue;
      this.#skipped.add(id);
      await this.#reporter.warn(`left out sample "${id}": ${message}`);
    }
  }

  async #end(reason: EndEvent["reason"]): Promise<TrainResult> {
    const { numTensors: tensors, numBytes: bytes } = tf.memory();
    const { backend, networks } = this.#session;
    const { step, best, last } = this.#progress;
    const weightsHash = await weightsSha256(networks.segmentation.model.layers);
    const { seconds } = this.#progress;
    await this.#reporter.emit({
      type: "end",
      time: Date.now(),
      step,
      reason,
      seconds,
      weightsSha256: weightsHash,
      memory: { tensors, bytes, peakBytes: backend.peakBytes() },
      ...(this.#skipped.size > 0 && { skipped: this.#skipped.size }),
    });
    return {
      run: this.#folder?.path ?? null,
      backend: backend.name,
      steps: step,
      seconds,
      best,
      last,
      weightsSha256: weightsHash,
      resumedAt: this.#resumedAt,
      reason,
    };
  }

  /** Tells of an error, and says what is left of the run. */
  async #fail(error: Error): Promise<Error> {
    const folder = this.#folder;
    const resumable = folder === null ? null : this.#keeper.savedStep;
    try {
      if (error instanceof NonFiniteError) await this.#end("non-finite");
      else {
        const { message } = error;
        const { step } = this.#progress;
        await this.#reporter.emit({ type: "failure", time: Date.now(), step, message, resumable });
      }
    } catch {
      // a full disk or a lost device: the error itself says so
    }
    if (error instanceof NonFiniteError || folder === null || resumable === null) return error;
    return new InterruptedRunError(error, { run: folder.path, step: resumable });
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
