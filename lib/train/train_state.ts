/**
 * How far a run has come and how well it does.
 *
 * @module
 */
import type { EndEvent, RunScores } from "./events.ts";

/** Why a run ends. */
export type EndReason = EndEvent["reason"];

/** A place in a run, from which it goes on as if it had never stopped: what checkpoints keep. */
export interface SavedState {
  /** Steps done. */
  step: number;
  /** Epoch in progress, from 1; beyond the last where all are done. */
  epoch: number;
  /** Steps of that epoch done. */
  epochStep: number;
  best: RunScores | null;
  last: RunScores | null;
  /** Returns to a checkpoint so far (`train.onNonFinite`). */
  rollbacks: number;
  /** Training time so far. */
  seconds: number;
}

/** The state of a run in progress. */
export class TrainState implements SavedState {
  step = 0;
  epoch = 1;
  epochStep = 0;
  rollbacks = 0;
  best: RunScores | null = null;
  last: RunScores | null = null;
  /** Names of damaged samples that were left out. */
  readonly skipped: Set<string> = new Set();
  readonly #started: number = performance.now();
  #secondsBefore = 0;

  /** Training time, that before a resume included. */
  get seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000;
  }

  countStep(): void {
    this.step++;
    this.epochStep++;
  }

  countEpoch(): void {
    this.epoch++;
    this.epochStep = 0;
  }

  /** Goes back to where a checkpoint was taken, in the same run: its time is spent. */
  goTo({ step, epoch, epochStep, best, last }: SavedState): void {
    Object.assign(this, { step, epoch, epochStep, best, last });
  }

  /** Takes over from the process that wrote a checkpoint. */
  continueFrom(saved: SavedState): void {
    this.goTo(saved);
    this.rollbacks = saved.rollbacks;
    this.#secondsBefore = saved.seconds;
  }
}
