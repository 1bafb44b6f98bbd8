import { NonFiniteError } from "../errors.ts";
import type { Checkpoint } from "../run/checkpoint.ts";
import { provenanceOf } from "../run/provenance.ts";
import type { Callback, TrainContext } from "./callback.ts";

/** Keeps a run's state on the disk, and puts it back. */
export class CheckpointManager implements Callback {
  /** Step of the newest checkpoint, `null` where there is none. */
  savedStep: number | null = null;
  readonly #context: TrainContext;
  #savedAt: number = performance.now();

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

  /** Takes over a checkpoint's tensors, and closes it. The place in the run is the caller's. */
  async restore(checkpoint: Checkpoint): Promise<void> {
    const { updates } = checkpoint.state;
    const { segmentation, discriminator } = this.#context.session.networks;
    await checkpoint.restore(this.#context.stateTensors()).finally(() => checkpoint.close());
    segmentation.optimizer.steps = updates.segmentation;
    if (discriminator !== null) discriminator.optimizer.steps = updates.discriminator;
  }

  /** Goes back to the newest checkpoint after a value that is not finite, with lower rates. */
  async onError(error: unknown): Promise<boolean> {
    const { session: { config }, state, folder } = this.#context;
    const { onNonFinite, maxRollbacks } = config.train;
    if (!(error instanceof NonFiniteError) || onNonFinite !== "rollback") return false;
    if (state.rollbacks >= maxRollbacks || folder === null) return false;
    const { checkpoint } = await folder.checkpoints.newest();
    if (checkpoint === null) return false;
    await this.restore(checkpoint);
    state.goTo(checkpoint.state);
    state.rollbacks++;
    return true;
  }
}
