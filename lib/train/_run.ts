import * as tf from "@tensorflow/tfjs";
import { type Batch as HostBatch, trainBatches } from "../data/train_batches.ts";
import type { Config } from "../config/config.ts";
import { evaluate } from "../metrics/evaluate.ts";
import { weightsSha256 } from "../weights/hash.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { EndEvent, TrainEvent } from "./events.ts";
import { InterruptedRunError } from "./interrupted_run_error.ts";
import { GameWatch } from "./game_watch.ts";
import { createMeter, type Meter, type Reading } from "./meter.ts";
import { isFiniteReading, NonFiniteError } from "./non_finite_error.ts";
import { originOf } from "./_origin.ts";
import type { RunFolder } from "./run_folder.ts";
import type { RunState } from "./run_state.ts";
import { sampleEvent } from "./sample_event.ts";
import { scoreBy } from "../metrics/score_by.ts";
import { scheduledStep } from "./_scheduled_step.ts";
import type { Session } from "./session.ts";
import { startEvent } from "./start_event.ts";
import { type StateTensor, stateTensors } from "./_state_tensors.ts";
import { Throughput } from "./_throughput.ts";
import type { RunScores, TrainResult } from "./train_result.ts";

/** What a run reports to and listens to. */
export interface RunOptions {
  /** Where it writes; `null`: nowhere. */
  folder: RunFolder | null;
  onEvent?: ((event: TrainEvent) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** One run in progress. */
export class Run {
  readonly #session: Session;
  readonly #options: RunOptions;
  readonly #meter: Meter;
  readonly #throughput = new Throughput();
  readonly #watch: GameWatch;
  readonly #started = performance.now();
  #secondsBefore = 0;
  #resumedAt: number | null = null;
  #step = 0;
  /** From 1. */
  #epoch = 1;
  /** Steps of the epoch in progress that are done. */
  #epochStep = 0;
  #rollbacks = 0;
  #best: RunScores | null = null;
  #last: RunScores | null = null;
  #lastFinite: Reading | null = null;
  /** The newest checkpoint: its step, and when it was written. */
  #savedStep: number | null = null;
  #savedAt = performance.now();

  constructor(session: Session, options: RunOptions) {
    this.#session = session;
    this.#options = options;
    this.#meter = createMeter(session.players, session.config);
    this.#watch = new GameWatch(session.config);
  }

  /** Goes on from a checkpoint; `warnings` are said once the run has begun. */
  async resume(checkpoint: Checkpoint, warnings: readonly string[]): Promise<TrainResult> {
    const { path, state } = checkpoint;
    await this.#goTo(checkpoint);
    await this.#options.folder!.writeConfig(this.#session.config);
    this.#rollbacks = state.rollbacks;
    this.#secondsBefore = state.seconds;
    this.#resumedAt = this.#savedStep = state.step;
    const droppedEvents = await this.#options.folder!.events.cut(state.eventBytes);
    await this.#emit(startEvent(this.#session));
    const { step, epoch } = state;
    const time = Date.now();
    await this.#emit({ type: "resume", time, step, epoch, checkpoint: path, droppedEvents });
    return await this.#execute(warnings);
  }

  /** All of it, from the first step. */
  async start(warnings: readonly string[] = []): Promise<TrainResult> {
    await this.#emit(startEvent(this.#session));
    return await this.#execute(warnings);
  }

  async #execute(warnings: readonly string[]): Promise<TrainResult> {
    try {
      for (const warning of warnings) await this.#warn(warning);
      let done = false;
      while (!done) {
        done = await this.#trainEpochs().then(() => true, (error) => this.#rollBack(error));
      }
      await this.#save("model");
      return await this.#end(this.#reason() ?? "finished");
    } catch (error) {
      throw await this.#fail(error as Error);
    } finally {
      this.#meter.dispose();
    }
  }

  /** Epochs of steps, validation and a checkpoint, until there is a reason to end. */
  async #trainEpochs(): Promise<void> {
    const { config, stepsPerEpoch } = this.#session;
    while (this.#epoch <= config.train.epochs) {
      if (this.#reason() === null) await this.#trainEpoch();
      if (!this.#isAborted() && this.#isValidationDue()) await this.#validate();
      if (!this.#isAborted() && this.#epochStep === stepsPerEpoch) {
        this.#epoch++;
        this.#epochStep = 0;
      }
      await this.#checkpoint();
      if (this.#reason() !== null) return;
    }
  }

  /** The steps of an epoch that are not done yet. */
  async #trainEpoch(): Promise<void> {
    const { config, train, backend } = this.#session;
    const batches = trainBatches({
      dataset: train,
      config: config.data,
      seed: config.seed,
      epoch: this.#epoch - 1,
      startStep: this.#epochStep,
    });
    for await (const batch of this.#throughput.timed(batches)) {
      this.#runStep(batch);
      await backend.checkErrors();
      if (this.#isReportDue(this.#step)) await this.#report();
      if (batch.valid === 0) await this.#warn(`no valid pixel in ${batch.ids.join(", ")}`);
      if (this.#reason() !== null) break;
      if (this.#isCheckpointDue()) await this.#checkpoint();
    }
    await this.#report();
  }

  /** Whether the losses are read after this step: now and then, and at the end of an epoch. */
  #isReportDue(step: number): boolean {
    const { config, backend, stepsPerEpoch } = this.#session;
    const logEvery = config.train.logEvery ?? (backend.name === "webgpu" ? 10 : 1);
    return step % logEvery === 0 || step % stepsPerEpoch === 0 || step === config.train.maxSteps;
  }

  #runStep(batch: HostBatch): void {
    const caution = this.#session.config.train.rollbackFactor ** this.#rollbacks;
    const measure = this.#isReportDue(this.#step + 1);
    const losses = scheduledStep(this.#session, batch, { step: this.#step, caution, measure });
    this.#step++;
    this.#epochStep++;
    this.#meter.add(this.#step, { losses, ids: batch.ids });
    this.#throughput.addImages(batch.ids.length);
  }

  /** Reads the losses of the steps since the last report, stops on NaN, tells the last one. */
  async #report(): Promise<void> {
    const readings = await this.#meter.read();
    for (const reading of readings) {
      if (!isFiniteReading(reading)) throw new NonFiniteError(reading, this.#lastFinite);
      this.#lastFinite = reading;
    }
    const last = readings.at(-1);
    if (last === undefined) return;
    await this.#emit({
      type: "step",
      time: Date.now(),
      step: last.step,
      epoch: this.#epoch,
      logs: last.logs,
      ...this.#throughput.read(),
    });
  }

  async #validate(): Promise<void> {
    const { config, players, validation } = this.#session;
    const { resize, batch } = config.validation;
    const { normalize } = config.data;
    const signal = this.#options.signal ?? new AbortController().signal;
    const scores = await evaluate(players.generator.model, validation, {
      normalize,
      resize,
      batch,
      signal,
    }).catch((error) => {
      if (signal.aborted) return null; // the checkpoint to come says that it is still due
      throw error;
    });
    if (scores === null) return;
    const [step, epoch] = [this.#step, this.#epoch];
    const { metric } = config.validation;
    const best = this.#best === null ||
      scoreBy(metric, scores) > scoreBy(metric, this.#best);
    this.#last = { epoch, step, ...scores };
    if (best) {
      this.#best = this.#last;
      await this.#save("best");
    }
    await this.#options.folder?.writeMetrics({ best: this.#best, last: this.#last });
    const { split } = validation;
    await this.#emit({ type: "validation", time: Date.now(), step, epoch, split, scores, best });
    await this.#emit(await sampleEvent(this.#session, { step, epoch }));
    if (this.#reason() === "early-stop") await this.#warn(earlyStop(this.#best!, config));
    this.#throughput.restart();
  }

  #isValidationDue(): boolean {
    const { config: { train, validation }, stepsPerEpoch } = this.#session;
    if (this.#last?.step === this.#step) return false;
    if (this.#epochStep < stepsPerEpoch) return this.#reason() !== null;
    return this.#epoch % validation.every === 0 || this.#epoch === train.epochs ||
      this.#reason() !== null;
  }

  #isCheckpointDue(): boolean {
    const { everySteps, everyMinutes } = this.#session.config.checkpoint;
    if (this.#epochStep === this.#session.stepsPerEpoch) return false; // comes after validation
    if (everySteps > 0 && this.#step % everySteps === 0) return true;
    return everyMinutes > 0 && performance.now() - this.#savedAt > everyMinutes * 60_000;
  }

  async #checkpoint(): Promise<void> {
    const { config: { checkpoint: { keep } }, backend } = this.#session;
    const { folder } = this.#options;
    if (folder === null || keep === 0) return;
    await this.#report(); // so that nothing is kept from beyond a NaN
    await folder.events.flush();
    const begun = performance.now();
    const { path, bytes } = await folder.checkpoints.write({
      state: this.#state(),
      origin: originOf(this.#session),
      tensors: this.#tensors(),
      checkErrors: () => backend.checkErrors(),
    }, { keep });
    this.#savedAt = performance.now();
    this.#savedStep = this.#step;
    const seconds = (this.#savedAt - begun) / 1000;
    const time = Date.now();
    await this.#emit({ type: "checkpoint", time, step: this.#step, path, bytes, seconds });
    this.#throughput.restart();
  }
  /**
   * Goes back to the newest checkpoint after a value that is not finite, with lower rates.
   *
   * @returns False: the run is not done.
   * @throws What it was given, where there is nothing to go back to.
   */
  async #rollBack(error: unknown): Promise<false> {
    const { onNonFinite, maxRollbacks, rollbackFactor } = this.#session.config.train;
    const mayReturn = error instanceof NonFiniteError && onNonFinite === "rollback" &&
      this.#rollbacks < maxRollbacks;
    const { checkpoint } = mayReturn && this.#options.folder !== null
      ? await this.#options.folder.checkpoints.newest()
      : { checkpoint: null };
    if (checkpoint === null) throw error;
    await this.#goTo(checkpoint);
    this.#rollbacks++;
    this.#meter.clear();
    this.#lastFinite = null;
    await this.#warn(
      `${(error as Error).message}: went back to step ${this.#step}, learning rates are ` +
        `${rollbackFactor ** this.#rollbacks} of what they were`,
    );
    return false;
  }

  /** Tells of an error, and says what is left of the run. */
  async #fail(error: Error): Promise<Error> {
    const { folder } = this.#options;
    const resumable = folder === null ? null : this.#savedStep;
    try {
      if (error instanceof NonFiniteError) await this.#end("non-finite");
      else {
        const { message } = error;
        const time = Date.now();
        await this.#emit({ type: "failure", time, step: this.#step, message, resumable });
      }
    } catch {
      // a full disk or a lost device: the error itself says so
    }
    if (error instanceof NonFiniteError || folder === null || resumable === null) return error;
    return new InterruptedRunError(error, { run: folder.path, step: resumable });
  }

  /** Takes over a checkpoint's tensors and place, and closes it. */
  async #goTo(checkpoint: Checkpoint): Promise<void> {
    const { state } = checkpoint;
    const { generator, adversary } = this.#session.players;
    await checkpoint.restore(this.#tensors()).finally(() => checkpoint.close());
    this.#step = state.step;
    this.#epoch = state.epoch;
    this.#epochStep = state.epochStep;
    this.#best = state.best;
    this.#last = state.last;
    generator.optimizer.steps = state.updates.generator;
    if (adversary !== null) adversary.optimizer.steps = state.updates.discriminator;
  }

  #state(): RunState {
    const { generator, adversary } = this.#session.players;
    return {
      step: this.#step,
      epoch: this.#epoch,
      epochStep: this.#epochStep,
      best: this.#best,
      last: this.#last,
      rollbacks: this.#rollbacks,
      updates: {
        generator: generator.optimizer.steps,
        discriminator: adversary?.optimizer.steps ?? 0,
      },
      seconds: this.#seconds(),
      eventBytes: this.#options.folder?.events.bytes ?? 0,
    };
  }

  #tensors(): StateTensor[] {
    return stateTensors(this.#session.players, this.#meter.initial);
  }

  #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000;
  }

  #isAborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  /** Why the run should end now, if it should. */
  #reason(): EndEvent["reason"] | null {
    if (this.#isAborted()) return "aborted";
    const { train: { maxSteps }, validation: { patience, every } } = this.#session.config;
    if (maxSteps !== null && this.#step >= maxSteps) return "max-steps";
    if (patience === null || this.#best === null || this.#last === null) return null;
    // Counted from what a checkpoint keeps, so that a resumed run ends where it would have
    return this.#last.epoch - this.#best.epoch >= patience * every ? "early-stop" : null;
  }

  async #save(which: "model" | "best"): Promise<void> {
    const { config, train, players } = this.#session;
    const metadata = { classes: train.classes, normalize: config.data.normalize };
    await this.#options.folder?.save(which, players.generator.model, metadata);
  }

  async #end(reason: EndEvent["reason"]): Promise<TrainResult> {
    const { numTensors: tensors, numBytes: bytes } = tf.memory();
    const { backend, players } = this.#session;
    const weightsHash = await weightsSha256(players.generator.model.layers);
    const seconds = this.#seconds();
    await this.#emit({
      type: "end",
      time: Date.now(),
      step: this.#step,
      reason,
      seconds,
      weightsSha256: weightsHash,
      memory: { tensors, bytes, peakBytes: backend.peakBytes() },
    });
    return {
      run: this.#options.folder?.path ?? null,
      backend: backend.name,
      steps: this.#step,
      seconds,
      best: this.#best,
      last: this.#last,
      weightsSha256: weightsHash,
      resumedAt: this.#resumedAt,
      reason,
    };
  }

  async #warn(message: string): Promise<void> {
    await this.#emit({ type: "warning", time: Date.now(), step: this.#step, message });
  }

  async #emit(event: TrainEvent): Promise<void> {
    await this.#options.folder?.events.append(event);
    this.#options.onEvent?.(event);
    for (const message of this.#watch.notice(event)) await this.#warn(message);
  }
}

/** Why a run ends before its last epoch. */
function earlyStop(best: RunScores, { validation: { metric, patience } }: Config): string {
  const score = (scoreBy(metric, best) * 100).toFixed(2);
  return `the run ends here: ${metric} was no better than ${score} % of epoch ${best.epoch} in ` +
    `${patience} validations (validation.patience)`;
}
