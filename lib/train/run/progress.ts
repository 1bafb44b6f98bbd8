import type { Config } from "../../config/config.ts";
import type { EndEvent } from "../events.ts";
import type { RunState } from "./run_state.ts";
import type { RunScores } from "./train_result.ts";

/** How far a run has come, how well it does, and whether there is a reason to end it. */
export class Progress {
  /** Steps done. */
  step = 0;
  /** Epoch in progress, from 1; beyond the last where all are done. */
  epoch = 1;
  /** Steps of the epoch in progress that are done. */
  epochStep = 0;
  /** Returns to a checkpoint. */
  rollbacks = 0;
  best: RunScores | null = null;
  last: RunScores | null = null;
  readonly #config: Config;
  readonly #signal: AbortSignal | undefined;
  readonly #started: number = performance.now();
  #secondsBefore = 0;

  constructor(config: Config, options: { signal?: AbortSignal | undefined }) {
    this.#config = config;
    this.#signal = options.signal;
  }

  /** Training time, that before a resume included. */
  get seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000;
  }

  get isAborted(): boolean {
    return this.#signal?.aborted === true;
  }

  /** What learning rates are multiplied by: below 1 after a return to a checkpoint. */
  get rateScale(): number {
    return this.#config.train.rollbackFactor ** this.rollbacks;
  }

  /** Why the run should end now, if it should. */
  get endReason(): EndEvent["reason"] | null {
    if (this.isAborted) return "aborted";
    const { train: { maxSteps }, validation: { patience, every } } = this.#config;
    if (maxSteps !== null && this.step >= maxSteps) return "max-steps";
    if (patience === null || this.best === null || this.last === null) return null;
    // Counted from what a checkpoint keeps, so that a resumed run ends where it would have
    return this.last.epoch - this.best.epoch >= patience * every ? "early-stop" : null;
  }

  countStep(): void {
    this.step++;
    this.epochStep++;
  }

  countEpoch(): void {
    this.epoch++;
    this.epochStep = 0;
  }

  /** Goes back to where a checkpoint was taken, in the same run: it has spent its time. */
  goTo(state: RunState): void {
    this.step = state.step;
    this.epoch = state.epoch;
    this.epochStep = state.epochStep;
    this.best = state.best;
    this.last = state.last;
  }

  /** Takes over from the process that wrote a checkpoint. */
  continueFrom(state: RunState): void {
    this.goTo(state);
    this.rollbacks = state.rollbacks;
    this.#secondsBefore = state.seconds;
  }
}
