import { NonFiniteError } from "../errors.ts";
import type { Checkpoint } from "../run/checkpoint.ts";
import { provenanceOf } from "../run/provenance.ts";
import { metadataOf } from "../run/session.ts";
import { withAverage } from "../step/networks.ts";
import type { SavedState } from "../train_state.ts";
import type { Callback, TrainContext } from "./callback.ts";

/** Keeps a run's state on the disk, and puts it back. */
export class CheckpointManager implements Callback {
  /** Step of the newest checkpoint, `null` where there is none. */
  savedStep: number | null = null;
  readonly #context: TrainContext;
  #savedAt: number = performance.now();
  /** Steps that the run went back from. */
  readonly #failedAt: number[] = [];

  constructor(context: TrainContext) {
    this.#context = context;
  }

  /** A checkpoint in the middle of an epoch; one at its end comes after validation. */
  async onStep(): Promise<void> {
    const { session: { config, stepsPerEpoch }, state: { step, epochStep } } = this.#context;
    if (epochStep === stepsPerEpoch || this.#context.endReason() !== null) return;
    const { everySteps, everyMinutes } = config.checkpoint;
    const isDue = (everySteps > 0 && step % everySteps === 0) ||
      (everyMinutes > 0 && performance.now() - this.#savedAt > everyMinutes * 60_000);
    if (isDue) await this.onSave();
  }

  /** Writes a checkpoint, unless the run keeps none. */
  async onSave(): Promise<void> {
    const { session, state, folder, emit } = this.#context;
    const { config: { checkpoint: { keep } }, backend, networks } = session;
    if (folder === null || keep === 0) return;
    await this.#context.flush();
    await folder.events.flush();
    const begun = performance.now();
    const { step, epoch, epochStep, best, last, rollbacks, seconds } = state;
    const updates = {
      segmentation: networks.segmentation.optimizer.steps,
      discriminator: networks.discriminator?.optimizer.steps ?? 0,
    };
    const saved = { step, epoch, epochStep, best, last, rollbacks, updates, seconds };
    const { path, bytes } = await folder.checkpoints.write({
      state: { ...saved, eventBytes: folder.events.bytes },
      provenance: provenanceOf(session),
      tensors: this.#context.stateTensors(),
      checkErrors: () => backend.checkErrors(),
    }, { keep });
    this.#savedAt = performance.now();
    this.savedStep = step;
    const elapsed = (this.#savedAt - begun) / 1000;
    await emit({ type: "checkpoint", time: Date.now(), step, path, bytes, seconds: elapsed });
  }

  /**
   * Takes over a checkpoint's tensors, and closes it. The place in the run is the caller's. The best
   * network on disk becomes that of the checkpoint again, where a later validation replaced it.
   */
  async restore(checkpoint: Checkpoint): Promise<void> {
    const { updates } = checkpoint.state;
    const { segmentation, discriminator } = this.#context.session.networks;
    try {
      await this.#restoreBest(checkpoint.state);
      await checkpoint.restore(this.#context.stateTensors());
    } finally {
      await checkpoint.close();
    }
    segmentation.optimizer.steps = updates.segmentation;
    if (discriminator !== null) discriminator.optimizer.steps = updates.discriminator;
  }

  async #restoreBest(saved: SavedState): Promise<void> {
    const { session, folder, warn } = this.#context;
    const { best, last } = saved;
    const onDisk = (await folder!.readMetrics()).best?.step ?? null;
    if (onDisk === (best?.step ?? null)) return;
    if (best === null) await folder!.removeBest();
    else {
      try {
        const checkpoint = await folder!.checkpoints.open(best.step);
        await checkpoint.restore(this.#context.stateTensors()).finally(() => checkpoint.close());
        const { networks } = session;
        await withAverage(networks, () => (
          folder!.save("best", networks.segmentation.model, metadataOf(session))
        ));
      } catch (error) {
        saved.best = null;
        await warn(`the best score starts anew: ${(error as Error).message}`);
      }
    }
    await folder!.writeMetrics({ best: saved.best, last });
  }

  /**
   * Goes back to the newest checkpoint after a value that is not finite, with lower rates.
   *
   * @throws {NonFiniteError} Saying why that cannot help.
   */
  async onError(error: unknown): Promise<boolean> {
    const { session: { config }, state, folder, emit } = this.#context;
    const { onNonFinite, maxRollbacks, rollbackFactor } = config.train;
    if (!(error instanceof NonFiniteError) || onNonFinite !== "rollback") return false;
    if (folder === null || config.checkpoint.keep === 0) {
      throw error.because("without checkpoints there is nothing to go back to (checkpoint.keep)");
    }
    if (state.rollbacks >= maxRollbacks) throw error.because(this.#describeRollbacks(error));
    const { checkpoint } = await folder.checkpoints.newest(error.lastUpdate);
    if (checkpoint === null) {
      throw error.because(
        this.savedStep === null
          ? "there is no checkpoint yet to go back to"
          : `the oldest checkpoint leads to it whatever the learning rates`,
      );
    }
    const { step, epoch } = checkpoint.state;
    await this.restore(checkpoint);
    await folder.checkpoints.removeAfter(step);
    state.goTo(checkpoint.state);
    state.rollbacks++;
    this.savedStep = step;
    this.#failedAt.push(error.step);
    const rateScale = rollbackFactor ** state.rollbacks;
    const time = Date.now();
    await emit({ type: "rollback", time, step, epoch, checkpoint: checkpoint.path, rateScale });
    return true;
  }

  #describeRollbacks({ step }: NonFiniteError): string {
    const { session: { config: { train } }, state: { rollbacks } } = this.#context;
    const scale = train.rollbackFactor ** rollbacks;
    const again = this.#failedAt.length > 0 && this.#failedAt.every((failed) => failed === step)
      ? `, each time at step ${step} again, so that the learning rates are hardly the cause`
      : "";
    return `the run went back ${rollbacks} times (train.maxRollbacks), to ${scale} of its ` +
      `learning rates${again}`;
  }
}
