import type { Checkpoint } from "../run/checkpoint.ts";
import { NonFiniteError } from "../non_finite_error.ts";
import { originOf } from "../run/run_provenance.ts";
import type { Progress } from "../run/progress.ts";
import type { Reporter } from "./event_logger.ts";
import type { RunFolder } from "../run/run_folder.ts";
import type { RunState } from "../run/run_state.ts";
import type { Session } from "../run/session.ts";
import { type StateTensor, stateTensors } from "../run/state_tensors.ts";

/** Keeps a run's state on the disk, and puts it back. */
export class Keeper {
  /** Step of the newest checkpoint, `null` where there is none. */
  savedStep: number | null = null;
  readonly #session: Session;
  readonly #folder: RunFolder | null;
  readonly #progress: Progress;
  readonly #reporter: Reporter;
  #savedAt: number = performance.now();

  constructor(
    session: Session,
    options: { folder: RunFolder | null; progress: Progress; reporter: Reporter },
  ) {
    this.#session = session;
    this.#folder = options.folder;
    this.#progress = options.progress;
    this.#reporter = options.reporter;
  }

  /** Whether a checkpoint is due in the middle of an epoch; one at its end comes anyway. */
  get isDue(): boolean {
    const { everySteps, everyMinutes } = this.#session.config.checkpoint;
    const { step, epochStep } = this.#progress;
    if (epochStep === this.#session.stepsPerEpoch) return false; // comes after validation
    if (everySteps > 0 && step % everySteps === 0) return true;
    return everyMinutes > 0 && performance.now() - this.#savedAt > everyMinutes * 60_000;
  }

  /** Writes a checkpoint, unless the run keeps none. */
  async write(): Promise<void> {
    const { config: { checkpoint: { keep } }, backend } = this.#session;
    const folder = this.#folder;
    if (folder === null || keep === 0) return;
    await this.#reporter.report();
    await folder.events.flush();
    const begun = performance.now();
    const { path, bytes } = await folder.checkpoints.write({
      state: this.#state(folder),
      origin: originOf(this.#session),
      tensors: this.#tensors(),
      checkErrors: () => backend.checkErrors(),
    }, { keep });
    this.#savedAt = performance.now();
    const { step } = this.#progress;
    this.savedStep = step;
    const seconds = (this.#savedAt - begun) / 1000;
    await this.#reporter.emit({ type: "checkpoint", time: Date.now(), step, path, bytes, seconds });
    this.#reporter.throughput.restart();
  }

  /** Saves the network as it is now, where users find it. */
  async saveModel(which: "model" | "best"): Promise<void> {
    const { config, train, networks } = this.#session;
    const metadata = { classes: train.classes, normalize: config.data.normalize };
    await this.#folder?.save(which, networks.segmentation.model, metadata);
  }

  /** Takes over a checkpoint's tensors, and closes it. The place in the run is the caller's. */
  async restore(checkpoint: Checkpoint): Promise<void> {
    const { updates } = checkpoint.state;
    const { segmentation, discriminator } = this.#session.networks;
    await checkpoint.restore(this.#tensors()).finally(() => checkpoint.close());
    segmentation.optimizer.steps = updates.segmentation;
    if (discriminator !== null) discriminator.optimizer.steps = updates.discriminator;
  }

  /**
   * Goes back to the newest checkpoint after a value that is not finite, with lower rates.
   *
   * @throws What it was given, where there is nothing to go back to.
   */
  async rollBack(error: unknown): Promise<void> {
    const { onNonFinite, maxRollbacks } = this.#session.config.train;
    const progress = this.#progress;
    const mayReturn = error instanceof NonFiniteError && onNonFinite === "rollback" &&
      progress.rollbacks < maxRollbacks;
    const { checkpoint } = mayReturn && this.#folder !== null
      ? await this.#folder.checkpoints.newest()
      : { checkpoint: null };
    if (checkpoint === null) throw error;
    await this.restore(checkpoint);
    progress.goTo(checkpoint.state);
    progress.rollbacks++;
    this.#reporter.forget();
    await this.#reporter.warn(
      `${(error as Error).message}: went back to step ${progress.step}, learning rates are ` +
        `${progress.rateScale} of what they were`,
    );
  }

  #state(folder: RunFolder): RunState {
    const { step, epoch, epochStep, best, last, rollbacks, seconds } = this.#progress;
    const { segmentation, discriminator } = this.#session.networks;
    const updates = {
      segmentation: segmentation.optimizer.steps,
      discriminator: discriminator?.optimizer.steps ?? 0,
    };
    const eventBytes = folder.events.bytes;
    return { step, epoch, epochStep, best, last, rollbacks, updates, seconds, eventBytes };
  }

  #tensors(): StateTensor[] {
    return stateTensors(this.#session.networks, this.#reporter.meter.initial);
  }
}
