/**
 * What a finished run reports.
 *
 * @module
 */
import type { Scores } from "../../metrics/scores.ts";
import type { EndEvent } from "../events.ts";

/** Scores of one validation with the moment they were taken. */
export interface RunScores extends Scores {
  /** From 1. */
  epoch: number;
  /** Steps done. */
  step: number;
}

/** Summary of a run. */
export interface TrainResult {
  /** Folder of the run, or `null` where nothing was written. */
  run: string | null;
  /** Backend that trained. */
  backend: string;
  /** Steps done. */
  steps: number;
  /** Wall time, that before a resume included. */
  seconds: number;
  /** Validation with the highest mIoU, `null` if there was none. */
  best: RunScores | null;
  /** Last validation. */
  last: RunScores | null;
  /** SHA-256 of all weights of G, hexadecimal. */
  weightsSha256: string;
  /** Step that the run was resumed at, all of them if it had ended before; `null`: begun here. */
  resumedAt: number | null;
  /** Why the run ended. */
  reason: EndEvent["reason"];
}
